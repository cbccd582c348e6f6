import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** A project may import only what points down: see "The house" in docs/architecture.md. */
const layers = [
  ['layer:pure', ['layer:pure']],
  ['layer:client', ['layer:pure', 'layer:client']],
  ['layer:exec', ['layer:pure', 'layer:client']],
  ['layer:pods', ['layer:pure', 'layer:client']],
  ['layer:client-user', ['layer:pure', 'layer:client']],
  ['layer:sim', ['layer:pure']],
  ['layer:app', ['layer:pure', 'layer:client', 'layer:exec', 'layer:pods', 'layer:client-user']],
  ['layer:cli', ['layer:pure', 'layer:client', 'layer:client-user', 'layer:sim', 'layer:app']],
  [
    'layer:tool',
    ['layer:pure', 'layer:client', 'layer:exec', 'layer:pods', 'layer:client-user', 'layer:sim', 'layer:tool'],
  ],
  ['layer:e2e', ['*']],
];

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/tmp', '**/.nx', '**/node_modules', '**/*.mjs', '**/*.js', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          allow: [],
          depConstraints: layers.map(([sourceTag, onlyDependOnLibsWithTags]) => ({
            sourceTag,
            onlyDependOnLibsWithTags,
          })),
        },
      ],
      'max-lines': ['error', { max: 400 }],
      'max-params': ['error', { max: 3 }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name each export: a door is a hand-written list.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: 'Throw a typed error from the package table.',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts', 'tools/checks/src/jest/**'],
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
