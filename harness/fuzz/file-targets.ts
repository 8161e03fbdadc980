/** Readers of files that users write or hand on: suites, topologies, deviations, results. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ExplainedError } from '../document/explained-error.ts';
import { loadAnySuite } from '../multipath/any-suite.ts';
import { parseDeviations } from '../report/deviations-file.ts';
import { buildResults } from '../report/results.ts';
import { readRuns } from '../report/results-file.ts';
import { mergeRuns } from '../report/runs.ts';
import { openLibrary, type SuiteLibrary } from '../scenario/load.ts';
import { parseTopology } from '../topology/load.ts';
import type { FuzzTarget } from './target.ts';

const YAML_WORDS = [
  '&x ',
  '*x',
  '!!binary ',
  '<<: ',
  '? ',
  '- ',
  ': ',
  '|\n',
  '>\n',
  '{',
  '[',
  '---\n',
  '\t',
  '"',
  "'",
  '#',
  '~',
  '1e999',
];
const SUITE_WORDS = [
  '${',
  '}',
  'send: ',
  'expect: ',
  'never: ',
  'sut: ',
  'run: ',
  'for-each:',
  'clauses:',
  'auto',
  '<dss>',
];

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
const files = (root: string, ...names: string[]): Uint8Array[] => names.map((name) => readFileSync(join(root, name)));

/** A suite of one stack, or of two. @param root the installation's folder */
function suites(name: string, root: string, folder: string, seeds: readonly string[]): FuzzTarget {
  let library: SuiteLibrary | undefined;
  // Which kind a suite has follows from its folder below the root.
  const place = temporary(folder);
  const file = join(place, 'fuzz.suite.yaml');
  mkdirSync(place);
  return {
    name,
    seeds: () => files(root, ...seeds),
    tokens: [...YAML_WORDS, ...SUITE_WORDS],
    read: (input) => {
      library ??= openLibrary(join(root, 'suites'));
      writeFileSync(file, input);
      loadAnySuite(file, { ...library, root: dirname(place) });
    },
    errors: [ExplainedError],
  };
}

/** All readers of files. @param root the installation's folder */
export function fileTargets(root: string): FuzzTarget[] {
  return [
    suites('suite', root, 'rfc8684', [
      'suites/rfc8684/3.6-subflow-reset/received.suite.yaml',
      'suites/rfc8684/3.5-fast-close/received.suite.yaml',
    ]),
    suites('multipath-suite', root, 'multipath', ['suites/multipath/fail-over.suite.yaml']),
    {
      name: 'topology',
      seeds: () => files(root, 'topologies/two-links.yaml'),
      tokens: [...YAML_WORDS, 'mtu: ', 'rate: ', 'links:', 'middleboxes:'],
      read: (input) => void parseTopology(text(input), 'fuzz.yaml'),
      errors: [ExplainedError],
    },
    {
      name: 'deviations',
      seeds: () => files(root, 'reports/baselines/linux-7.2.yaml'),
      tokens: [...YAML_WORDS, 'findings:', 'instead:', 'clauses:', 'all', 'extends: '],
      read: (input) => void parseDeviations(join(root, 'reports/baselines/fuzz.yaml'), text(input)),
      errors: [ExplainedError],
    },
    results(),
  ];
}

/** Results of a run, as people pass them to `gate`, `merge` and `site`. */
function results(): FuzzTarget {
  const file = temporary('results.json');
  return {
    name: 'results',
    seeds: () => [Buffer.from(JSON.stringify(buildResults(RUN)))],
    tokens: [
      '"scenarios":',
      '"verdict":"fail"',
      '{',
      '}',
      '[',
      ']',
      'null',
      '1e999',
      '"__proto__":',
      '"schemaVersion":2',
    ],
    read: (input) => {
      writeFileSync(file, input);
      mergeRuns(readRuns(file));
    },
    errors: [ExplainedError],
  };
}

const RUN: Parameters<typeof buildResults>[0] = {
  tool: { name: 'mptcp-conformance', version: '0.1.0' },
  run: {
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:17.500Z',
    durationMs: 12_500,
    partial: false,
    command: ['mptcp-conformance', 'run'],
    concurrency: 8,
  },
  sut: {
    name: 'linux',
    kind: 'netns',
    kernel: '6.18.5',
    host: { kernel: '6.18.5', arch: 'x64', cpus: 2, node: '20.19.0' },
  },
  scenarios: [
    {
      id: '3.1/synack/key#ipv4',
      title: 'a scenario',
      suite: '3.1/synack',
      file: 'suites/rfc8684/3.1/synack.suite.yaml',
      line: 21,
      section: '3.1',
      role: 'responder',
      family: 'ipv4',
      parameters: {},
      verdict: 'fail',
      durationMs: 31.5,
      expectations: [{ clause: '3.1-20.4.s2', level: 'must', verdict: 'fail', source: 'a.yaml:24', step: 'a SYN/ACK' }],
      ladder: [{ at: 0, kind: 'step', text: 'sut: listen' }],
      evidence: { pcap: 'evidence/a/capture.pcap', agentLog: 'evidence/a/agent.log' },
      counters: {},
      rerun: 'mptcp-conformance run a',
    },
  ],
};

/** A file in a folder of its own that goes when this process ends. */
function temporary(name: string): string {
  const place = mkdtempSync(join(tmpdir(), 'mptcp-conformance-fuzz-'));
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  return join(place, name);
}
