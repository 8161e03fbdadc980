import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Layers from the top down; a layer may import itself and what `below` names. */
const below = {
  document: [],
  packet: [],
  verdict: [],
  mptcp: ['packet'],
  reference: ['mptcp', 'packet'],
  catalogue: ['mptcp', 'packet', 'document'],
  wire: ['catalogue', 'mptcp', 'packet', 'document'],
  sut: ['catalogue', 'mptcp', 'packet', 'document'],
  kernels: ['sut', 'document'],
  topology: ['kernels', 'sut', 'wire', 'reference', 'catalogue', 'mptcp', 'packet', 'verdict', 'document'],
  notation: ['mptcp', 'packet', 'document'],
  monitor: ['notation', 'catalogue', 'mptcp', 'packet', 'verdict', 'document'],
  scenario: ['topology', 'sut', 'monitor', 'notation', 'catalogue', 'mptcp', 'packet', 'verdict', 'document'],
  engine: [
    'scenario',
    'monitor',
    'notation',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'mptcp',
    'packet',
    'verdict',
    'document',
  ],
  multipath: [
    'engine',
    'scenario',
    'monitor',
    'notation',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'mptcp',
    'packet',
    'verdict',
    'document',
  ],
  report: [
    'multipath',
    'engine',
    'scenario',
    'monitor',
    'notation',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'mptcp',
    'packet',
    'verdict',
    'document',
  ],
  site: [
    'report',
    'multipath',
    'engine',
    'scenario',
    'monitor',
    'notation',
    'sut',
    'topology',
    'wire',
    'catalogue',
    'mptcp',
    'packet',
    'verdict',
    'document',
  ],
  cli: [
    'site',
    'report',
    'multipath',
    'kernels',
    'engine',
    'scenario',
    'monitor',
    'notation',
    'sut',
    'topology',
    'wire',
    'reference',
    'catalogue',
    'mptcp',
    'packet',
    'verdict',
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
    files: ['harness/reference/rules/**'],
    rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'boundaries/dependencies': 'off',
      'max-lines': ['error', { max: 700 }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
