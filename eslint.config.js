import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** What needs nothing that runs. */
const ground = ['mptcp', 'packet', 'document'];
const clauses = ['catalogue', 'verdict', ...ground];
const machines = ['topology', 'sut', 'wire', 'clock', ...clauses];
const language = ['scenario', 'monitor', 'notation', ...machines];

/** Layers from the bottom up; a layer may import itself and what `below` names. */
const below = {
  clock: [],
  document: [],
  packet: [],
  mptcp: ['packet'],
  verdict: ['packet', 'document'],
  reference: ['mptcp', 'packet'],
  catalogue: ['verdict', ...ground],
  wire: ['clock', ...clauses],
  sut: ['clock', ...clauses],
  kernels: ['sut', 'document'],
  topology: ['clock', 'kernels', 'sut', 'wire', 'reference', ...clauses],
  notation: ground,
  monitor: ['notation', ...clauses],
  scenario: ['topology', 'sut', 'monitor', 'notation', ...clauses],
  engine: language,
  mutation: ['engine', ...language],
  multipath: ['engine', ...language],
  prove: ['engine', 'reference', ...language],
  report: ['notation', ...clauses],
  site: ['report', 'prove', 'notation', ...clauses],
  fuzz: ['report', 'multipath', ...language],
  cli: ['site', 'report', 'prove', 'mutation', 'multipath', 'kernels', 'engine', 'reference', ...language],
};

/** @param {[string, string[]]} entry a layer and those below it */
function layerPolicy([from, allowed]) {
  return {
    from: { element: { type: from } },
    allow: [from, ...allowed].map((type) => ({ to: { element: { type } } })),
  };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'reports/**', 'coverage/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries },
    settings: {
      'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js'] } },
      'boundaries/elements': Object.keys(below).map((type) => ({
        type,
        pattern: `harness/${type}/**`,
        partialMatch: false,
      })),
    },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'boundaries/dependencies': ['error', { default: 'disallow', policies: Object.entries(below).map(layerPolicy) }],
    },
  },
  {
    // The signature of a rule tells what freedoms and faults of it may look at.
    files: ['harness/reference/rules/**', 'harness/reference/faults/**'],
    rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'boundaries/dependencies': 'off',
      'max-lines': ['error', { max: 700 }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'vitest', importNames: ['it'], message: 'Tests are written with test().' }] },
      ],
    },
  },
);
