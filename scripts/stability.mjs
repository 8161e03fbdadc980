#!/usr/bin/env node
/**
 * Runs the suites several times and compares verdict by verdict: `node scripts/stability.mjs [--runs 20] [--load 4]
 * [-- options of run]`. `--load` keeps that many busy loops beside each run. Exits 1 when any verdict differs; the evidence
 * of what differed or failed stays where the last line says.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SAMPLE_MS = 100;
const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'mptcp-conformance.mjs');
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, load: { type: 'string', default: '0' } },
  allowPositionals: true,
});

/** Pages of memory of a process and all it started; shared pages count once for each. */
function residentKiB(root) {
  const parents = new Map();
  const sizes = new Map();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      sizes.set(Number(name), Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // Gone between listing and reading.
    }
  }
  const isOurs = (pid) => pid === root || (parents.has(pid) && pid > 1 && isOurs(parents.get(pid)));
  return [...sizes].reduce((sum, [pid, size]) => (isOurs(pid) ? sum + size : sum), 0);
}

/** One run; its verdicts by scenario, and what it cost. */
function once(folder) {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'run', '--output', folder, '--keep-captures', 'failed', ...positionals],
    { stdio: 'ignore' },
  );
  let peak = 0;
  const sampling = setInterval(() => (peak = Math.max(peak, residentKiB(child.pid))), SAMPLE_MS);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearInterval(sampling);
      const { scenarios, run } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
      resolve({
        code,
        peak,
        wall: performance.now() - startedAt,
        judging: run.durationMs,
        evidence: new Map(scenarios.map((one) => [one.id, one.evidence.pcap])),
        verdicts: new Map(
          scenarios.map((one) => [one.id, `${one.verdict}${one.declared ? ' (declared)' : ''}: ${one.reason ?? ''}`]),
        ),
      });
    });
  });
}

const loops = Array.from({ length: Number(values.load) }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-stability-'));
const kept = join(tmpdir(), `mptcp-conformance-stability-${process.pid}`);
const first = new Map();
let differing = 0;
try {
  spawnSync(process.execPath, [program, '--version']);
  for (let i = 1; i <= Number(values.runs); i++) {
    const run = await once(folder);
    const rate = (run.verdicts.size / run.judging) * 1000;
    console.log(
      `run ${i}: ${run.verdicts.size} scenarios, exit ${run.code}, ${(run.wall / 1000).toFixed(1)} s wall, ` +
        `${(run.judging / 1000).toFixed(1)} s judging, ${rate.toFixed(0)} scenarios/s, ${(run.peak / 1024).toFixed(0)} MiB at most`,
    );
    for (const [id, text] of run.verdicts) {
      const verdict = text.split(':')[0];
      if (!first.has(id)) first.set(id, verdict);
      const evidence = run.evidence.get(id);
      const differs = first.get(id) !== verdict;
      if (differs) {
        differing++;
        console.log(`  differs: ${id}: ${first.get(id)} first, now ${text}`);
      }
      if (evidence !== undefined && (differs || verdict === 'fail')) {
        cpSync(dirname(join(folder, evidence)), join(kept, `run-${i}`, dirname(evidence)), { recursive: true });
      }
    }
  }
} finally {
  for (const loop of loops) loop.kill();
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  differing === 0
    ? `all verdicts the same in ${values.runs} runs`
    : `${differing} verdicts differed${existsSync(kept) ? `; evidence: ${kept}` : ''}`,
);
process.exitCode = differing === 0 ? 0 : 1;
