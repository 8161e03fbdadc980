/** `npm run fuzz`: fuzzes the readers of input from outside. Importing this file runs it. */
import { Command, InvalidArgumentError } from 'commander';
import { dirname, join } from 'node:path';
import { projectFile } from '../document/project-file.ts';
import { addToCorpus, fuzz } from './fuzz.ts';
import { signature } from './smaller.ts';
import { allTargets } from './targets.ts';

interface Options {
  runs: number;
  seed: string;
}

const root = dirname(projectFile('package.json'));
const targets = allTargets(root);
const names = targets.map(({ name }) => name).join(', ');

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('use a whole number from 1 on');
  return value;
}

async function run(chosen: string[], options: Options): Promise<void> {
  const unknown = chosen.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`fuzz: no such target: ${unknown}; the targets are ${names}\n`);
    process.exitCode = 2;
    return;
  }
  const corpus = join(root, 'harness', 'fuzz', 'corpus');
  for (const target of targets) {
    if (chosen.length > 0 && !chosen.includes(target.name)) continue;
    const startedAt = performance.now();
    const progress = (name: string, done: number): void => void process.stderr.write(`\r${name} ${done}`);
    const failures = await fuzz(target, { root, corpus, seed: options.seed, runs: options.runs, progress });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stderr.write('\r');
    process.stdout.write(`${target.name}: ${options.runs} inputs, ${failures.length} failures, ${seconds} s\n`);
    for (const failure of failures) process.stdout.write(`  ${signature(failure)}\n`);
    for (const file of addToCorpus(corpus, failures)) process.stdout.write(`  kept as ${file}\n`);
    if (failures.length > 0) process.exitCode = 1;
  }
}

await new Command('fuzz')
  .description('Reads damaged inputs with every reader of input from outside; keeps those that make one fail.')
  .argument('[target...]', `what to fuzz: ${names} (default: all)`)
  .option('--runs <n>', 'inputs per target', positive, 100_000)
  .option('--seed <text>', 'the same seed gives the same inputs', new Date().toISOString().slice(0, 10))
  .addHelpText(
    'after',
    '\nExit codes: 0 no reader failed, 1 one did: the inputs are added to harness/fuzz/corpus, 2 usage.',
  )
  .action(run)
  .parseAsync();
