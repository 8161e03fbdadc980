/**
 * KCIDB I/O data, what KernelCI takes. Pure.
 *
 * Source of the form: kcidb-io, `kcidb_io/schema/v05_03.py`, schema version 5.3.
 */
import { createHash } from 'node:crypto';
import type { RunResults, ScenarioRecord } from '../results.ts';
import { clean } from '../text-layout.ts';
import { caseDetails, caseReason } from './case.ts';
import { departuresOf, judgementsOf } from '../../verdict/scenario-verdict.ts';

/** Data that KernelCI needs besides the results. */
export interface KcidbOptions {
  /** Name of the CI system that submits: lower case letters, digits and underscores. */
  origin: string;
  /** Id of a build that KernelCI knows already: `origin:id`. Without it the kernel is described by a build of our own. */
  build?: string;
}

type Status = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'DONE' | 'SKIP';

/** A departure is a FAIL, declared or not: which ones are known is for KernelCI to tell, and stands in `misc`. */
const STATUS: Readonly<Record<ScenarioRecord['verdict'], Status>> = {
  pass: 'PASS',
  fail: 'FAIL',
  warn: 'FAIL',
  note: 'DONE',
  info: 'DONE',
  inconclusive: 'ERROR',
  error: 'MISS',
  skip: 'SKIP',
};

/** Longest excerpt that the schema takes, characters. */
const MOST_EXCERPT = 16_384;
const ORIGIN = /^[a-z0-9_]+$/;

/** Results as KCIDB data. @throws RangeError when origin or build have not the form that the schema wants */
export function toKcidb(runs: readonly RunResults[], options: KcidbOptions): string {
  const { origin, build } = options;
  if (!ORIGIN.test(origin))
    throw new RangeError(`"${origin}" is not an origin; expected lower-case letters, digits and underscores`);
  if (build !== undefined && !/^[a-z0-9_]+:./.test(build))
    throw new RangeError(`"${build}" is not a build id; expected origin:id`);
  if (build !== undefined && runs.length > 1)
    throw new RangeError(`one build id cannot be used for ${runs.length} stacks; export them one by one`);
  const own = build === undefined;
  const data = {
    version: { major: 5, minor: 3 },
    ...(own
      ? { checkouts: runs.map((run) => checkout(run, origin)), builds: runs.map((run) => buildOf(run, origin)) }
      : {}),
    tests: runs.flatMap((run) =>
      run.scenarios.map((scenario) => testOf(scenario, run, origin, build ?? idOf(origin, 'build', run))),
    ),
  };
  return `${JSON.stringify(data, undefined, 1)}\n`;
}

/** The same run has the same ids, however often it is exported. */
function idOf(origin: string, kind: string, { sut, run }: RunResults, ...more: string[]): string {
  const seed = [
    kind,
    sut.name,
    sut.kind,
    sut.kernel,
    sut.version ?? '',
    ...(kind === 'test' ? [run.startedAt] : []),
    ...more,
  ].join('\0');
  return `${origin}:mptcp-conformance-${kind}-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
}

function checkout(run: RunResults, origin: string): object {
  return { id: idOf(origin, 'checkout', run), origin, comment: sutText(run) };
}

function buildOf(run: RunResults, origin: string): object {
  return {
    id: idOf(origin, 'build', run),
    checkout_id: idOf(origin, 'checkout', run),
    origin,
    comment: sutText(run),
    ...architecture(run),
  };
}

function architecture({ sut }: RunResults): { architecture?: string } {
  const names: Record<string, string> = { x64: 'x86_64', arm64: 'arm64', arm: 'arm', ia32: 'i386', riscv64: 'riscv' };
  const name = names[sut.host?.arch ?? ''];
  return name === undefined ? {} : { architecture: name };
}

function sutText({ sut }: RunResults): string {
  return clean([sut.name, sut.kernel, sut.version ?? ''].filter((part) => part !== '').join(' '));
}

function testOf(scenario: ScenarioRecord, run: RunResults, origin: string, build: string): object {
  const clauses = [...new Set(judgementsOf(scenario).map(({ clause }) => clean(clause)))];
  const broken = [...new Set(departuresOf(scenario).map(({ clause }) => clean(clause)))];
  return {
    id: idOf(origin, 'test', run, scenario.id),
    build_id: build,
    origin,
    path: pathOf(scenario.id),
    comment: clean(scenario.title),
    status: STATUS[scenario.verdict],
    start_time: run.run.startedAt,
    duration: scenario.durationMs / 1000,
    environment: { comment: clean(`${run.sut.kind}, ${run.tool.name} ${run.tool.version}`) },
    ...(caseReason(scenario) === ''
      ? {}
      : { log_excerpt: `${caseReason(scenario)}\n${caseDetails(scenario)}\n`.slice(-MOST_EXCERPT) }),
    misc: {
      scenario: clean(scenario.id),
      verdict: scenario.verdict,
      role: scenario.role,
      family: scenario.family,
      clauses,
      broken,
      ...(scenario.declared === undefined ? {} : { declared: clean(scenario.declared.reason) }),
    },
  };
}

/** `mptcp_conformance.3_1-connection.synack.form_ipv4`: parts are letters, digits, dashes and underscores. */
function pathOf(id: string): string {
  const parts = id
    .split('/')
    .map((part) => part.replace(/[^A-Za-z0-9_-]+/g, '_'))
    .filter((part) => part !== '');
  return ['mptcp_conformance', ...parts].join('.');
}
