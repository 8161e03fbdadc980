#!/usr/bin/env node
/**
 * Kills a process of a run at random moments and checks that nothing of the run is left ten seconds later:
 * `node scripts/kill-series.mjs [--times 50] [--seed 1] [-- options of run]`. As root.
 *
 * Works in PID, mount and network namespaces of its own, so that every process, mount, link and temporary file in them is
 * this run's. Exits 1 when something is left, or when a killed run lost what it had judged.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'mptcp-conformance.mjs');
const { values, positionals } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    inside: { type: 'string' },
  },
  allowPositionals: true,
});
/** How long the machine may take to be as it was before. */
const GRACE_MS = 10_000;
/** Latest moment of a kill, after the first scenario has been judged. */
const LATEST_MS = 4_000;

/** Starts this script again in namespaces of its own, with temporary files in a folder of its own. */
function becomeAlone() {
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-kill-'));
  mkdirSync(join(folder, 'tmp'));
  const again = [fileURLToPath(import.meta.url), '--inside', folder, ...process.argv.slice(2)];
  const { status } = spawnSync(
    'unshare',
    ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--net', process.execPath, ...again],
    { stdio: 'inherit', env: { ...process.env, TMPDIR: join(folder, 'tmp') } },
  );
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = status ?? 2;
}

/** Uniform numbers in 0..1, the same for the same seed (a linear congruential generator). */
function generator(seed) {
  let state = [...seed].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const command = readFileSync(`/proc/${name}/comm`, 'utf8').trim();
        // Kernel threads and processes that have ended have no command line.
        return line === '' ? [] : [{ pid: Number(name), line, kind: kindOf(line, command) }];
      } catch {
        return [];
      }
    });
}

/** Role of a process in a run. */
function kindOf(line, command) {
  if (/vitest|forks/.test(line)) return 'worker';
  if (/qemu-system/.test(line)) return 'qemu';
  if (/main\.js/.test(line)) return 'main';
  if (/bin\/mptcp-conformance/.test(line)) return 'launcher';
  return command;
}

const lines = (command, ...args) =>
  spawnSync(command, args, { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line !== '');

/** All that a run could leave. */
function machine() {
  const running = processes();
  const namespaces = new Set();
  for (const { pid } of running) {
    for (const kind of ['net', 'mnt', 'pid', 'user']) {
      try {
        namespaces.add(readlinkSync(`/proc/${pid}/ns/${kind}`));
      } catch {
        // It has ended since.
      }
    }
  }
  return {
    processes: running.map(({ line }) => line.slice(0, 100)),
    namespaces: [...namespaces],
    links: lines('ip', '-o', 'link').map((line) => line.split(':')[1]),
    routes: [...lines('ip', 'route', 'show', 'table', 'all'), ...lines('ip', '-6', 'route', 'show', 'table', 'all')],
    rules: [...lines('ip', 'rule'), ...lines('ip', '-6', 'rule')],
    mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n'),
    files: readdirSync(tmpdir()),
  };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits for a condition; false when it does not come true within `ms`. */
async function within(ms, holds) {
  const until = performance.now() + ms;
  for (; performance.now() < until; await pause(50)) if (holds()) return true;
  return holds();
}

async function series(folder) {
  const random = generator(values.seed);
  const before = machine();
  const kinds = new Map();
  let failures = 0;
  for (let time = 1; time <= Number(values.times); time++) {
    const problems = await once(join(folder, `run-${time}`), random, before, kinds);
    for (const problem of problems) process.stdout.write(`${time}: ${problem}\n`);
    failures += problems.length > 0 ? 1 : 0;
  }
  const told = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  process.stdout.write(`${values.times} kills (${told}), ${failures} with a problem; seed ${values.seed}\n`);
  return failures === 0 ? 0 : 1;
}

/** One run and one kill. @returns what was wrong afterwards */
async function once(output, random, before, kinds) {
  const child = spawn(process.execPath, [program, 'run', '--output', output, ...positionals], { stdio: 'ignore' });
  const end = new Promise((done) => child.on('exit', done));
  const journal = join(output, 'evidence', 'journal.jsonl');
  if (!(await within(120_000, () => existsSync(journal)))) return ['no scenario was judged in two minutes'];
  await pause(random() * LATEST_MS);
  const victims = processes();
  const wanted = [...new Set(victims.map(({ kind }) => kind))].sort();
  const kind = wanted[Math.floor(random() * wanted.length)];
  const ofKind = victims.filter((one) => one.kind === kind);
  const victim = ofKind[Math.floor(random() * ofKind.length)];
  if (victim === undefined) return ['the run ended before the kill'];
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  try {
    process.kill(victim.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
  const isWhole = kind === 'main' || kind === 'launcher';
  if (!isWhole) {
    // The others must not take the run with them: it comes to its end on its own.
    if (!(await Promise.race([end.then(() => true), pause(180_000)]))) {
      child.kill('SIGKILL');
      return [`the run does not end after the kill of ${kind} (${victim.line.slice(0, 80)})`];
    }
  }
  const problems = [];
  await within(GRACE_MS, () => differences(before).length === 0);
  problems.push(...differences(before).map((one) => `after the kill of ${kind}: ${one}`));
  const hasResults = existsSync(join(output, 'results.json'));
  if (!hasResults && !existsSync(journal)) problems.push(`after the kill of ${kind}: what was judged is lost`);
  if (!isWhole && !hasResults) problems.push(`after the kill of ${kind}: the run wrote no results.json`);
  return problems;
}

/** New leftovers since the state `before`. */
function differences(before) {
  const now = machine();
  return Object.entries(now).flatMap(([name, list]) =>
    list.filter((one) => !before[name].includes(one)).map((one) => `${name}: ${one}`),
  );
}

if (values.inside === undefined) becomeAlone();
else process.exitCode = await series(values.inside);
