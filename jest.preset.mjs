import { basename, join } from 'node:path';

const checks = join(import.meta.dirname, 'tools/checks/src/jest');

/** The Jest configuration of every project: TypeScript as ES modules, read from source, strict about stray output. */
export const preset = (rootDir, name = basename(rootDir)) => ({
  displayName: name,
  rootDir,
  testEnvironment: join(checks, 'environment.mjs'),
  testMatch: ['<rootDir>/{src,test}/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.spec.json', diagnostics: false }],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@danube/source', 'node'] },
  setupFilesAfterEnv: [join(checks, 'no-stray-output.ts')],
  reporters: ['default', [join(checks, 'count-reporter.mjs'), { name }]],
  testTimeout: 20_000,
});
