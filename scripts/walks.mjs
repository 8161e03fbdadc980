#!/usr/bin/env node
/**
 * The ways of four users through the documents: a kernel developer, a vendor, a CI engineer and an analyst of captures.
 * Runs their commands in a temporary folder and checks exit codes and what they leave. Each command names the document
 * that has it; the words of it that stand there are checked too. Exits 1 at the first difference.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'mptcp-conformance.mjs');
const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-walks-'));

const BROKEN = '3.1-connection-initiation/responder-checksum/missing-on-first-data#ipv4';
const CAPTURE = join(root, 'harness/monitor/testing/captures/one-sided-reused-ports.pcap.gz');
const SHARDED = ['--section', '3.6', '--deviations', 'none'];

/**
 * Each step: the document and words that it has, the arguments, the exit codes, a file or words that come of it, and the
 * program beside which the command runs.
 */
const WALKS = {
  'kernel developer': [
    [
      'README.md',
      '--ladder --deviations none',
      ['run', BROKEN, '--ladder', '--deviations', 'none'],
      [1],
      /expected {2}RST/,
    ],
    ['README.md', 'show ID', ['show', BROKEN], [0], /a SYN seq=0/],
    ['README.md', 'explain 3.3-8.s4', ['explain', '3.3-8.s4'], [0], /RST/],
    // Bisection takes a minute; the gate runs one by itself.
    ['docs/kernels.md', 'kernel-config', ['kernel-config'], [0], /^CONFIG_MPTCP=y$/m],
  ],
  vendor: [
    [
      'docs/agent-protocol.md',
      'agent-check COMMAND',
      ['agent-check', 'python3', join(root, 'docs/examples/minimal-agent.py')],
      [0],
      /✔/,
    ],
    ['docs/writing-scenarios.md', 'init', ['init', '--prefix', 'acme'], [0], 'suites/greeting.suite.yaml'],
    ['README.md', '`lint`', ['lint'], [0]],
    ['docs/writing-scenarios.md', 'run', ['run', 'acme'], [0], /pass/],
    [
      'docs/without-agent.md',
      'examples/relay-lab.sh',
      ['run', '--sut', 'relay:lab.yaml', '3.1-connection-initiation/responder-handshake'],
      [0, 3],
      /scenarios: \d+ pass/,
      join(root, 'docs/examples/relay-lab.sh'),
    ],
  ],
  'CI engineer': [
    [
      'docs/reports.md',
      'run --shard 1/4',
      ['run', '--shard', '1/2', ...SHARDED, '-o', 'shard-1'],
      [0, 3],
      'shard-1/results.json',
    ],
    [
      'docs/reports.md',
      '-o shard-1',
      ['run', '--shard', '2/2', ...SHARDED, '-o', 'shard-2'],
      [0, 3],
      'shard-2/results.json',
    ],
    [
      'docs/reports.md',
      '-o all/results.json',
      ['merge', 'shard-1/results.json', 'shard-2/results.json', '-o', 'all.json'],
      [0],
      'all.json',
    ],
    [
      'docs/reports.md',
      'gate new/results.json|gate all/results.json',
      ['gate', 'all.json', '--baseline', 'all.json', '--no-rerun'],
      [0],
      /The gate passed/,
    ],
    [
      'README.md',
      'export --format junit',
      ['export', 'all.json', '--format', 'junit', '-o', 'junit.xml'],
      [0],
      'junit.xml',
    ],
    ['docs/reports.md', 'export --format github', ['export', 'all.json', '--format', 'github'], [0]],
    ['README.md', 'site [FILE...]', ['site', 'all.json', '-o', 'site'], [0], 'site/index.html'],
  ],
  analyst: [
    [
      'docs/checking-captures.md',
      'check trace.pcap',
      ['check', CAPTURE, '--html', 'page.html', '--json', 'found.json'],
      [0],
      'page.html',
    ],
    [
      'docs/checking-captures.md',
      '--overview',
      ['check', CAPTURE, '--overview'],
      [0],
      /^Overview: \d+ connections, 0 with a broken clause$/m,
    ],
    [
      'docs/checking-captures.md',
      '--host 192.0.2.1 --only-broken',
      ['check', CAPTURE, '--host', '192.0.2.1', '--only-broken'],
      [0],
    ],
    [
      'docs/checking-captures.md',
      '--level must,stated --section 3.3',
      ['check', CAPTURE, '--level', 'must,stated', '--section', '3.3'],
      [0],
    ],
    ['docs/checking-captures.md', '--deviations linux-6.18', ['check', CAPTURE, '--deviations', 'linux-6.18'], [0]],
  ],
};

function walk(who, steps) {
  const place = join(folder, who.replaceAll(' ', '-'));
  mkdirSync(place);
  for (const [document, words, args, codes, left, beside] of steps) {
    const text = readFileSync(join(root, document), 'utf8');
    if (!words.split('|').some((one) => text.includes(one))) throw new Error(`${document} does not have "${words}"`);
    const command = [...(beside === undefined ? [] : [beside]), process.execPath, program, ...args];
    const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { cwd: place, encoding: 'utf8' });
    const line = `mptcp-conformance ${args.join(' ')}`;
    if (!codes.includes(status))
      throw new Error(`${line}: exit code ${status}, expected ${codes.join(' or ')}\n${stdout}${stderr}`);
    if (/\n {4}at /.test(stderr)) throw new Error(`${line}: a stack trace\n${stderr}`);
    if (left instanceof RegExp && !left.test(stdout))
      throw new Error(`${line}: ${left} is not in the output\n${stdout}`);
    if (typeof left === 'string' && !existsSync(join(place, left))) throw new Error(`${line}: ${left} is missing`);
    process.stdout.write(`ok: ${who}: ${line}\n`);
  }
}

try {
  const wanted = process.argv.slice(2);
  for (const [who, steps] of Object.entries(WALKS)) if (wanted.length === 0 || wanted.includes(who)) walk(who, steps);
} catch (error) {
  process.stderr.write(`walks: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
