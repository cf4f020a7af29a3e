import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const PURE = [
  'libs/kernel/src/**/*.ts',
  'libs/contracts/src/**/*.ts',
  'libs/game/src/**/*.ts',
  'libs/scoring/src/**/*.ts',
  'libs/scenario/src/**/*.ts',
];

const NO_SQL = [
  {
    selector:
      "CallExpression[callee.property.name=/^(query|createQueryBuilder|createQueryRunner|getRepository)$/]:not([callee.object.type='ThisExpression'])",
    message: 'Queries belong in libs/persistence.',
  },
  ...['Literal[value=', 'TemplateElement[value.raw='].map((node) => ({
    selector: `${node}/^\\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\\s/]`,
    message: 'SQL belongs in libs/persistence.',
  })),
];

export default tseslint.config(
  { ignores: ['.cache/', 'dist/**', 'node_modules/**', '.payday/**', 'coverage/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        AbortSignal: 'readonly',
        TextEncoder: 'readonly',
        TextDecoder: 'readonly',
      },
    },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  // TypeScript resolves names itself; no-undef knows neither types nor the platform's globals.
  { files: ['**/*.ts', '**/*.tsx'], rules: { 'no-undef': 'off' } },
  // What a person runs in a terminal may print.
  { files: ['tools/**', 'bench/**', '**/cli/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.cjs'], languageOptions: { globals: { module: 'writable', require: 'readonly' } } },
  // One library holds all SQL, so that locks, isolation and the schema can be reviewed in one place. Tests may look anywhere.
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['libs/persistence/**', '**/*.spec.ts', '**/conformance/**', '**/testing/**'],
    rules: { 'no-restricted-syntax': ['error', ...NO_SQL] },
  },
  // The clock and chance are injected, so that a game can be replayed to the cent.
  {
    files: PURE,
    ignores: ['**/*.spec.ts', 'libs/kernel/src/system/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...NO_SQL,
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'Inject a Clock (libs/kernel).',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Inject a Clock (libs/kernel).',
        },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'Inject a Random (libs/kernel).',
        },
      ],
    },
  },
);
