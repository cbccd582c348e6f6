import { preset } from '../../jest.preset.mjs';

export default {
  ...preset(import.meta.dirname),
  // Without `import`: Jest would use it for `require`, too, and Express needs the CommonJS side of `is-promise`.
  testEnvironmentOptions: { customExportConditions: ['@danube/source', 'node'] },
};
