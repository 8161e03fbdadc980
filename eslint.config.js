import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Layers from the top down; a layer may import itself and what `below` names. */
const below = {
  packet: [],
  mptcp: ['packet'],
  catalogue: ['mptcp', 'packet'],
  wire: ['catalogue', 'mptcp', 'packet'],
  sut: ['catalogue', 'mptcp', 'packet'],
  topology: ['sut', 'wire', 'catalogue', 'mptcp', 'packet'],
  monitor: ['catalogue', 'mptcp', 'packet'],
  scenario: ['topology', 'sut', 'monitor', 'catalogue', 'mptcp', 'packet'],
  engine: ['scenario', 'monitor', 'sut', 'topology', 'wire', 'catalogue', 'mptcp', 'packet'],
  report: ['engine', 'scenario', 'monitor', 'sut', 'topology', 'wire', 'catalogue', 'mptcp', 'packet'],
  cli: ['report', 'engine', 'scenario', 'monitor', 'sut', 'topology', 'wire', 'catalogue', 'mptcp', 'packet'],
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'reports/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: true, node: true },
      'boundaries/elements': Object.keys(below).map((type) => ({ type, pattern: `harness/${type}/**`, mode: 'full' })),
    },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'boundaries/element-types': [
        'error',
        {
          default: 'disallow',
          rules: Object.entries(below).map(([from, allow]) => ({ from, allow: [from, ...allow] })),
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: { 'boundaries/element-types': 'off', 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
