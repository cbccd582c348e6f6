import { preset } from '../jest.preset.mjs';

/** `npm test`: what runs without a cluster. jest.real.config.mjs has the rest. */
export default { ...preset(import.meta.dirname), testMatch: ['<rootDir>/test/sim/**/*.spec.ts'] };
