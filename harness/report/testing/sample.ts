/** Results for tests: what the engine would hand over, made by hand. */
import type { Clause } from '../../catalogue/types.ts';
import { buildResults, type RunResults } from '../results.ts';
import type { ExpectationResult, LadderEntry, ScenarioResult } from '../../verdict/result.ts';

/** An expectation that was met, unless told otherwise. */
export function expectation(over: Partial<ExpectationResult> = {}): ExpectationResult {
  return {
    clause: '3.1-20.4.s2',
    level: 'must',
    verdict: 'pass',
    source: 'suites/rfc8684/3.1-initiation/synack.suite.yaml:24',
    step: 'a SYN/ACK <mp_capable len=12 b=0>',
    ...over,
  };
}

/** A failed expectation with two packets and a near miss. */
export function failure(over: Partial<ExpectationResult> = {}): ExpectationResult {
  return expectation({
    verdict: 'fail',
    expected: 'a SYN/ACK ack=auto <mp_capable len=12 version=1 b=0 key=?k>',
    actual: 'a SYN/ACK ack=1 <mp_capable len=20 version=1 b=1 key=0x0102030405060708>',
    differences: [
      { field: 'mp_capable.len', expected: '12', actual: '20' },
      { field: 'mp_capable.b', expected: '0', actual: '1' },
    ],
    nearMisses: [{ at: 12.3456, packet: 'a SYN/ACK ack=1' }],
    message: 'flag B is set',
    ...over,
  });
}

/** Ladder entries of every kind. */
export const LADDER: LadderEntry[] = [
  { at: 0, kind: 'step', text: 'sut listen port=7' },
  { at: 0.21, kind: 'agent', text: '> 1 listen fd=srv port=7' },
  { at: 0.4, kind: 'agent', text: '< 1 ok' },
  { at: 1.02, kind: 'packet', direction: 'out', subflow: 'a', text: 'a SYN seq=0 <mp_capable version=1 h=1>' },
  {
    at: 1.31,
    kind: 'packet',
    direction: 'in',
    subflow: 'a',
    verdict: 'pass',
    clause: '3.1-20.4.s2',
    text: 'a SYN/ACK seq=0 ack=1 win=64240 <mss 1460> <sack_ok> <ts val=4294967295 ecr=1> <mp_capable version=1 h=1 key=0x0123456789abcdef>',
  },
  { at: 1.6, kind: 'note', text: 'subflow a is established' },
  {
    at: 3.5,
    kind: 'packet',
    direction: 'in',
    subflow: 'b',
    verdict: 'fail',
    clause: '3.2-19.s1',
    text: 'b RST/ACK seq=1',
  },
];

/** A scenario that passed, unless told otherwise. */
export function scenario(over: Partial<ScenarioResult> = {}): ScenarioResult {
  const id = over.id ?? '3.1/synack/key-length#ipv4';
  return {
    id,
    title: 'The key in the answer has eight bytes',
    suite: '3.1/synack',
    file: 'suites/rfc8684/3.1/synack.suite.yaml',
    line: 21,
    section: '3.1',
    role: 'responder',
    family: 'ipv4',
    parameters: { role: 'responder', family: 'ipv4', checksum: 'off' },
    verdict: 'pass',
    durationMs: 31.5,
    expectations: [expectation()],
    ladder: LADDER,
    evidence: { pcap: `evidence/${id}/capture.pcap`, agentLog: `evidence/${id}/agent.log` },
    counters: { MPTcpExtMPCapableSYNRX: 1 },
    rerun: `mptcp-conformance run --only '${id}'`,
    ...over,
  };
}

/** Results of a run of these scenarios. */
export function runOf(scenarios: ScenarioResult[], over: Partial<RunResults['run']> = {}): RunResults {
  return buildResults({
    tool: { name: 'mptcp-conformance', version: '0.1.0' },
    run: {
      startedAt: '2026-01-02T03:04:05.000Z',
      finishedAt: '2026-01-02T03:04:17.500Z',
      durationMs: 12_500,
      partial: false,
      command: ['mptcp-conformance', 'run'],
      concurrency: 8,
      ...over,
    },
    sut: {
      name: 'linux',
      kind: 'netns',
      kernel: '6.18.5',
      host: { kernel: '6.18.5', arch: 'x64', cpus: 2, node: '20.19.0' },
    },
    scenarios,
  });
}

/** Clauses that the samples name. */
export const CLAUSES: Clause[] = [
  {
    id: '3.1-20.4.s2',
    section: '3.1',
    keyword: 'MUST',
    summary: 'MP_CAPABLE is always sent with flag B at 0.',
    roles: ['initiator', 'responder'],
    broken: 'B is set in an MP_CAPABLE of the stack.',
    judged: ['active', 'passive'],
    concerns: ['MP_CAPABLE'],
    related: [],
  },
  {
    id: '3.2-19.s1',
    section: '3.2',
    keyword: 'stated',
    summary: 'A join with a token nobody has is refused with a RST.',
    roles: ['responder'],
    broken: 'A SYN/ACK comes, or nothing.',
    judged: ['active'],
    concerns: ['MP_JOIN'],
    related: [],
  },
  {
    id: '3.2-20.s2',
    section: '3.2',
    keyword: 'SHOULD',
    summary: 'The refusal says why in MP_TCPRST.',
    roles: ['responder'],
    broken: 'The RST has no MP_TCPRST.',
    judged: ['active'],
    concerns: ['MP_TCPRST'],
    related: [],
  },
  {
    id: '3.8-6.s1',
    section: '3.8',
    keyword: 'MAY',
    summary: 'A host can close all subflows on an error.',
    roles: ['receiver'],
    broken: 'Nothing: what it does is recorded.',
    judged: ['active'],
    concerns: ['close'],
    related: [],
  },
];
