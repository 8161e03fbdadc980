/** Proves that the linter reports imports that point upwards, and lets the others be. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Layers that each layer may import besides itself, as in ARCHITECTURE.md. */
const ORDER = [
  'clock',
  'document',
  'packet',
  'mptcp',
  'verdict',
  'reference',
  'catalogue',
  'wire',
  'sut',
  'kernels',
  'topology',
  'notation',
  'monitor',
  'scenario',
  'engine',
  'mutation',
  'multipath',
  'prove',
  'report',
  'site',
  'fuzz',
  'cli',
];

/** Layers that run something, or know of running: results are read without them. */
const RUNNING = [
  'clock',
  'reference',
  'wire',
  'sut',
  'kernels',
  'topology',
  'monitor',
  'scenario',
  'engine',
  'mutation',
  'multipath',
  'prove',
];

/** Layers further down that a layer may not import all the same. */
const APART: Readonly<Record<string, readonly string[]>> = {
  document: ['clock'],
  packet: ['clock', 'document'],
  mptcp: ['clock', 'document'],
  verdict: ['clock', 'mptcp'],
  reference: ['clock', 'verdict', 'document'],
  catalogue: ['clock', 'reference'],
  wire: ['reference'],
  sut: ['wire', 'reference'],
  kernels: ['clock', 'packet', 'mptcp', 'verdict', 'reference', 'catalogue', 'wire'],
  notation: ['clock', 'verdict', 'catalogue', 'wire', 'sut', 'kernels', 'topology', 'reference'],
  monitor: ['clock', 'wire', 'sut', 'kernels', 'topology', 'reference'],
  scenario: ['clock', 'wire', 'kernels', 'reference'],
  engine: ['kernels', 'reference'],
  mutation: ['kernels', 'reference'],
  multipath: ['kernels', 'reference', 'mutation'],
  prove: ['kernels', 'multipath', 'mutation'],
  report: RUNNING,
  // The page of proofs shows what `prove` wrote.
  site: RUNNING.filter((layer) => layer !== 'prove'),
  fuzz: ['reference', 'kernels', 'engine', 'mutation', 'prove', 'site'],
  cli: ['fuzz'],
};

function mayImport(from: string, to: string): boolean {
  return ORDER.indexOf(to) <= ORDER.indexOf(from) && APART[from]?.includes(to) !== true;
}

function sourceOf(layer: string): string {
  const file = readdirSync(join(root, 'harness', layer)).find(
    (name) => /^[a-z-]+\.ts$/.test(name) && name !== 'index.ts',
  );
  if (file === undefined) throw new Error(`harness/${layer} has no source file`);
  return file;
}

test(
  'an import that points upwards or sideways is reported, one that points downwards is not',
  { timeout: 120_000 },
  async () => {
    const eslint = new ESLint({
      cwd: root,
      overrideConfig: { linterOptions: { reportUnusedDisableDirectives: 'off' } },
      ruleFilter: ({ ruleId }) => ruleId.startsWith('boundaries/'),
    });
    const layers = readdirSync(join(root, 'harness')).sort();
    expect(ORDER).toEqual(expect.arrayContaining(layers));
    for (const from of layers) {
      const code = layers.map((to) => `import '../${to}/${sourceOf(to)}';\n`).join('');
      const [result] = await eslint.lintText(code, { filePath: join(root, 'harness', from, sourceOf(from)) });
      const reported = (result?.messages ?? [])
        .filter((one) => one.ruleId === 'boundaries/dependencies')
        .map((one) => layers[one.line - 1]);
      expect(reported, from).toEqual(layers.filter((to) => !mayImport(from, to)));
    }
  },
);
