import { preset } from '../jest.preset.mjs';

/** Runs against the cluster that KUBECONFIG names; `npm run e2e` provides one. */
export default {
  ...preset(import.meta.dirname, 'e2e-real'),
  testMatch: ['<rootDir>/test/real/**/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
