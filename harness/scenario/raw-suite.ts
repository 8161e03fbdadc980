/** Suites as they are written: the content of a file that fits `suites/schema/suite.schema.json`. */
import type { NodePath } from '../document/diagnostic.ts';
import { fittingPart, type FittingPart } from '../document/fitting.ts';
import type { SchemaProblem } from '../document/schema.ts';
import type { Family } from '../packet/types.ts';
import type { RawSequences } from './sequences.ts';
import type { RawStep } from './suite.ts';
import type { ForEach, Scalar } from './variants.ts';

/** Properties of the tester's endpoint. */
export interface RawTester {
  timestamps?: Scalar;
  sack?: Scalar;
  wscale?: number;
  mss?: number;
  checksum?: Scalar;
  'dsn-size'?: Scalar;
  window?: Scalar;
  key?: string;
}

/** A scenario; keys that it lacks have the values of its suite. */
export interface RawScenario {
  title: string;
  sut?: 'initiator' | 'responder';
  topology?: string;
  family?: Family[];
  'for-each'?: ForEach;
  needs?: string[];
  'also-with'?: string[];
  tester?: RawTester;
  subflows?: Record<string, { link?: number; id?: number }>;
  preamble?: (RawStep | null)[];
  steps: (RawStep | null)[];
}

/** A suite. */
export interface RawSuite extends Omit<RawScenario, 'steps' | 'subflows' | 'sut'> {
  section: string;
  sut: 'initiator' | 'responder';
  sequences?: RawSequences;
  scenarios: Record<string, RawScenario>;
}

/** The readable part of a suite. */
export interface ReadableSuite {
  /** In its lists of steps, null is in the place of a step that does not fit the schema. */
  raw: RawSuite;
  /** Names of sequences that the file defines but that do not fit the schema. */
  lostSequences: readonly string[];
  /** Scenarios of which a part is missing: their steps can be checked, but not the scenario as a whole. */
  incomplete: ReadonlySet<string>;
}

/** Keys of a suite that its scenarios inherit. */
const INHERITED = ['sut', 'topology', 'tester', 'preamble'] as const;

/**
 * A suite without the parts that do not fit the schema, and without the scenarios that cannot be read without these.
 *
 * @returns undefined if nothing of the suite can be read
 */
export function readableSuite(value: unknown, problems: readonly SchemaProblem[]): ReadableSuite | undefined {
  if (problems.length === 0) return { raw: value as RawSuite, lostSequences: [], incomplete: new Set() };
  const whole = structuredClone(value);
  const inSteps = problems.filter(({ path }) => removeStep(whole, path));
  const rest = problems.filter((one) => !inSteps.includes(one));
  const inScenarios = rest.filter(({ path }) => path[0] === 'scenarios' && path.length > 1);
  const others = rest.filter((one) => !inScenarios.includes(one));
  const part = fittingPart<RawSuite>(whole, others, ['scenarios', 'sequences', 'for-each']);
  if (part?.value.scenarios === undefined) return undefined;
  const { lacks, dropped } = part;
  const scenarios = readableScenarios(part.value.scenarios, inScenarios);
  const isShort = (key: string): boolean => lacks.has(key) || inSteps.some(({ path }) => path[0] === key);
  const lostOf = (name: string): string[] =>
    inScenarios.flatMap(({ path }) => (path[1] === name ? [String(path[2])] : []));
  const variables = lostVariables(whole as Partial<RawSuite>, part);
  const shared = JSON.stringify([part.value.topology, part.value.tester, part.value.preamble]);
  const isReadable = ([, scenario]: [string, RawScenario]): boolean => {
    const text = JSON.stringify(scenario) + shared;
    // The steps of a sequence may depend on the role of the stack.
    if (lacks.has('sut') && scenario.sut === undefined && text.includes('"use":')) return false;
    return !variables.some((name) => text.includes(`\${${name}}`));
  };
  const isIncomplete = ([name, scenario]: [string, RawScenario]): boolean =>
    lostOf(name).length > 0 || INHERITED.some((key) => isShort(key) && scenario[key] === undefined);
  const kept = scenarios.filter(isReadable);
  return {
    raw: { title: '', section: '', sut: 'responder', ...part.value, scenarios: Object.fromEntries(kept) },
    lostSequences: lacks.has('sequences')
      ? namesIn((whole as Partial<RawSuite>).sequences)
      : [...new Set(dropped['sequences'])],
    incomplete: new Set(kept.filter(isIncomplete).map(([name]) => name)),
  };
}

/** Puts null in the place of the innermost step on the path; returns whether there is one outside of sequences. */
function removeStep(value: unknown, path: NodePath): boolean {
  if (path[0] !== 'preamble' && path[0] !== 'scenarios') return false;
  const at = path.findLastIndex((key, index) => isStepList(path[index - 1]) && /^\d+$/.test(String(key)));
  if (at < 0) return false;
  const list = path.slice(0, at).reduce<unknown>((node, key) => (node as Record<string, unknown> | null)?.[key], value);
  // A step inside of one that was removed already.
  if (Array.isArray(list)) list[Number(path[at])] = null;
  return true;
}

function isStepList(key: string | number | undefined): boolean {
  return key === 'steps' || key === 'preamble';
}

/** Scenarios without the keys that do not fit; those that are not maps, or whose variables do not fit, are left out. */
function readableScenarios(
  scenarios: Readonly<Record<string, unknown>>,
  problems: readonly SchemaProblem[],
): [string, RawScenario][] {
  return Object.entries(scenarios).flatMap(([name, scenario]): [string, RawScenario][] => {
    const keys = problems.flatMap(({ path }) => (path[1] === name && path.length > 2 ? [String(path[2])] : []));
    if (typeof scenario !== 'object' || scenario === null || keys.includes('for-each')) return [];
    const fits = Object.entries(scenario).filter(([key]) => !keys.includes(key));
    return [[name, { title: '', steps: [], ...(Object.fromEntries(fits) as Partial<RawScenario>) }]];
  });
}

/** Variables of the suite whose values do not fit: every use of them would be reported as a mistake. */
function lostVariables(whole: Partial<RawSuite>, { lacks, dropped }: FittingPart<RawSuite>): string[] {
  const given = Object.entries<unknown>(whole['for-each'] ?? {});
  return given
    .filter(([name]) => lacks.has('for-each') || dropped['for-each']?.includes(name))
    .flatMap(([name, values]) => [name, ...Object.values<unknown>({ ...(values as object | null) }).flatMap(namesIn)]);
}

/** Keys of a map; none of any other value. */
function namesIn(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
