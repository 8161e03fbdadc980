#!/usr/bin/env node
/**
 * Runs the suite again and again in shuffled orders, at several concurrencies and with disturbances, and lists each
 * verdict that was not the same every time, with the evidence of both runs:
 * `npm run soak -- [--hours 1] [--seed 1] [--sut netns --sut reference] [--output reports/soak] [-- options of run]`.
 *
 * The memory and the open files of the processes of each run are sampled; one that grows within a run is listed too.
 * Exits 1 when a verdict differed, a run was not whole, or a process grew.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growth, Samples } from './soak-samples.mjs';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'mptcp-conformance.mjs');
const { values, positionals } = parseArgs({
  options: {
    hours: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    sut: { type: 'string', multiple: true, default: ['netns', 'reference'] },
    output: { type: 'string', default: 'reports/soak' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const CONCURRENCIES = [48, 8, 96];
const DISTURBANCES = ['none', 'cpu', 'disk', 'pauses'];
const SAMPLE_MS = 1_000;
/** Time between two pauses of an agent, and the length of one. */
const PAUSE_EVERY_MS = 100;
const PAUSE_MS = 50;

const BUSY = 'for (;;) Math.sqrt(Math.random())';
const WRITES = `const fs = require('fs'); const block = Buffer.alloc(1 << 20);
for (;;) { const fd = fs.openSync(process.argv[1], 'w');
  for (let i = 0; i < 64; i++) fs.writeSync(fd, block);
  fs.fsyncSync(fd); fs.closeSync(fd); }`;

/** Starts a disturbance of a run. @returns what ends it */
function disturb(kind, samples, folder) {
  if (kind === 'pauses') {
    const timer = setInterval(() => pauseAnAgent(samples), PAUSE_EVERY_MS);
    return () => clearInterval(timer);
  }
  const programs = { none: [], cpu: [[BUSY], [BUSY]], disk: [[WRITES, join(folder, 'load')]] }[kind];
  const children = programs.map((words) => spawn(process.execPath, ['-e', ...words]));
  return () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(join(folder, 'load'), { force: true });
  };
}

/** Delays the answers of one agent: its stack goes on, because it is the kernel's. */
function pauseAnAgent(samples) {
  const agents = samples.processes().filter(({ name }) => name.startsWith('mptcp-agent'));
  const agent = agents[Math.floor(Math.random() * agents.length)];
  if (agent === undefined) return;
  signal(agent.pid, 'SIGSTOP');
  setTimeout(() => signal(agent.pid, 'SIGCONT'), PAUSE_MS);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** One run. @returns its outcomes by scenario, undefined when it wrote no results */
async function once(round, folder) {
  mkdirSync(folder, { recursive: true });
  const { sut, concurrency, disturbance, seed } = round;
  const options = ['--sut', sut, '--shuffle', seed, '--output', folder, ...positionals];
  // The reference runs one scenario at a time in each worker: it has no concurrency to choose.
  if (sut !== 'reference') options.push('--concurrency', String(concurrency));
  const child = spawn(process.execPath, [program, 'run', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-2_000)));
  const samples = new Samples(child.pid);
  const timer = setInterval(() => samples.take(), SAMPLE_MS);
  const end = disturb(disturbance, samples, folder);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  end();
  const file = join(folder, 'results.json');
  if (!existsSync(file)) return { code, said, samples };
  const { run, scenarios } = JSON.parse(readFileSync(file, 'utf8'));
  const verdicts = new Map(scenarios.map(({ id, verdict }) => [id, verdict]));
  return { code, said, samples, partial: run.partial, verdicts };
}

function differences(first, second) {
  const ids = new Set([...first.keys(), ...second.keys()]);
  return [...ids].filter((id) => first.get(id) !== second.get(id));
}

const say = (text) => process.stdout.write(`${text}\n`);

/** Compares a round with the first one of its stack. @returns how many things were wrong */
function judge(folder, ended, first) {
  if (ended.verdicts === undefined || ended.partial) {
    say(`  not whole, exit code ${ended.code}: ${ended.said.trim().split('\n').slice(-2).join(' ')}`);
    return 1;
  }
  const differing = differences(first.verdicts, ended.verdicts);
  for (const id of differing) {
    const both = [first, { verdicts: ended.verdicts, folder }];
    say(`  ${id}`);
    for (const one of both)
      say(`    ${one.verdicts.get(id) ?? 'not run'}: ${join(one.folder, 'evidence', id.replace('#', '/'))}`);
  }
  const grown = growth(ended.samples);
  for (const line of grown) say(`  grows: ${line}`);
  if (differing.length === 0 && folder !== first.folder) rmSync(folder, { recursive: true, force: true });
  return differing.length + grown.length;
}

async function soak() {
  const until = performance.now() + Number(values.hours) * 3_600_000;
  const first = new Map();
  let problems = 0;
  let number = 0;
  do {
    const sut = values.sut[number % values.sut.length];
    const turn = Math.floor(number / values.sut.length);
    const round = {
      sut,
      concurrency: CONCURRENCIES[turn % CONCURRENCIES.length],
      disturbance: DISTURBANCES[turn % DISTURBANCES.length],
      seed: String(Number(values.seed) * 1000 + number),
    };
    number++;
    const folder = join(values.output, `round-${String(number).padStart(4, '0')}`);
    const startedAt = performance.now();
    const ended = await once(round, folder);
    const took = ((performance.now() - startedAt) / 1000).toFixed(0);
    say(
      `round ${number}: ${sut}, -j ${round.concurrency}, load ${round.disturbance}, --shuffle ${round.seed}: ` +
        `${ended.verdicts?.size ?? 0} scenarios, exit code ${ended.code}, ${took} s; ${ended.samples}`,
    );
    if (ended.verdicts !== undefined && !first.has(sut)) first.set(sut, { verdicts: ended.verdicts, folder });
    problems += judge(folder, ended, first.get(sut) ?? ended);
  } while (performance.now() < until);
  say(`${number} rounds, ${problems} ${problems === 1 ? 'problem' : 'problems'}; seed ${values.seed}`);
  return problems === 0 ? 0 : 1;
}

if (values.help) {
  say(
    readFileSync(fileURLToPath(import.meta.url), 'utf8')
      .split('*/')[0]
      .split('\n')
      .slice(2)
      .join('\n'),
  );
} else if (!(Number(values.hours) >= 0) || !/^\d+$/.test(values.seed)) {
  process.stderr.write(`soak: --hours and --seed take numbers; see --help\n`);
  process.exitCode = 2;
} else if (existsSync(values.output) && readdirSync(values.output).length > 0) {
  process.stderr.write(`soak: ${values.output} is not empty; remove it or choose another --output\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await soak();
}
