import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Layers from the top down; a layer may import itself and what `below` names. */
const below = {
  document: [],
  packet: [],
  verdict: ['packet', 'document'],
  mptcp: ['packet'],
  catalogue: ['verdict', 'mptcp', 'packet', 'document'],
  wire: ['catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  sut: ['catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  kernels: ['document'],
  topology: ['sut', 'wire', 'catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  monitor: ['catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  scenario: ['topology', 'sut', 'monitor', 'catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  engine: ['scenario', 'monitor', 'sut', 'topology', 'wire', 'catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  multipath: [
    'engine',
    'scenario',
    'monitor',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'verdict',
    'mptcp',
    'packet',
    'document',
  ],
  report: ['catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  site: ['report', 'catalogue', 'verdict', 'mptcp', 'packet', 'document'],
  cli: [
    'site',
    'report',
    'multipath',
    'kernels',
    'engine',
    'scenario',
    'monitor',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'verdict',
    'mptcp',
    'packet',
    'document',
  ],
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
      'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'boundaries/dependencies': ['error', { default: 'disallow', policies: Object.entries(below).map(layerPolicy) }],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'boundaries/dependencies': 'off',
      'max-lines': ['error', { max: 700 }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
