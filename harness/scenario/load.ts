/** Loads suite files and spells out their variants. */
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { DocumentError, suggestion, type Diagnostic, type NodePath } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, type YamlFile } from '../document/yaml-file.ts';
import type { Family } from '../packet/types.ts';
import { parseStep, parseSteps, type StepContext } from './parse-step.ts';
import { readableSuite, type RawScenario, type RawSuite, type RawTester } from './raw-suite.ts';
import {
  addSequences,
  openSequences,
  SEQUENCES_SCHEMA,
  lostSequence,
  readSequences,
  type Sequence,
} from './sequences.ts';
import { say } from './step-text.ts';
import { impliedNeeds } from './needs.ts';
import { clausesOf, type Profile, type Scenario, type ScenarioHead, type Step, type SubflowSpec } from './suite.ts';
import { badLabels, combinationsOf, isId, proposedLabel, variantSuffix, type Combination } from './variants.ts';

/** The context in which suites are read: their folder, and the sequences. */
export interface SuiteLibrary {
  /** The `suites` folder. */
  root: string;
  /** Prefix of ids in suites from outside this package: `acme` of `acme/echo/once`. */
  prefix?: string;
  sequences: ReadonlyMap<string, Sequence>;
}

/** Opens a suites folder. @throws DocumentError */
export function openLibrary(root: string): SuiteLibrary {
  return { root, sequences: openSequences(join(root, 'sequences')) };
}

/** Paths of all suite files below a folder, sorted. */
export function findSuites(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.suite.yaml'))
    .sort()
    .map((name) => join(root, name));
}

/** A suite with mistakes; its scenarios lack the steps that cannot be read. */
export class PartialSuite<S extends ScenarioHead = Scenario> extends DocumentError {
  readonly scenarios: readonly S[];
  constructor(diagnostics: readonly Diagnostic[], scenarios: readonly S[]) {
    super(diagnostics);
    this.scenarios = scenarios;
  }
}

/** Loads one suite file with every variant of every scenario. @throws PartialSuite, DocumentError */
export function loadSuite(path: string, library: SuiteLibrary): Scenario[] {
  const file = readYaml(path);
  const misfits = file.problems(projectSchema('suites/schema/suite.schema.json', [SEQUENCES_SCHEMA]));
  const readable = readableSuite(file.value, misfits);
  if (readable === undefined) throw new DocumentError(misfits);
  const { raw, lostSequences, incomplete } = readable;
  const diagnostics: Diagnostic[] = [...misfits];
  const suite = suiteId(path, library.root, library.prefix);
  const own = [...readSequences(file, raw.sequences ?? {}), ...lostSequences.map((name) => lostSequence(file, name))];
  const sequences = addSequences(library.sequences, own, diagnostics);
  checkIds({ file, raw, suite, diagnostics });
  const scenarios: Scenario[] = [];
  // Most suites read the same in both families; their steps are parsed once and shared.
  const readsFamily = file.text.includes('${family}');
  for (const [name, scenario] of Object.entries(raw.scenarios)) {
    const built = new Map<string, Scenario>();
    for (const variant of variantsOf(raw, scenario, name)) {
      const suffix = variantSuffix(variant.labels, variant.family);
      const key = readsFamily ? suffix : JSON.stringify(variant.labels);
      const same = built.get(key);
      const one =
        same === undefined
          ? buildVariant({ file, raw, suite, name, scenario, variant, sequences, diagnostics })
          : { ...same, id: `${suite}/${name}#${suffix}`, family: variant.family };
      built.set(key, one);
      scenarios.push(one);
    }
  }
  if (diagnostics.length > 0) {
    const complete = scenarios.filter(({ name }) => !incomplete.has(name));
    throw new PartialSuite(uniqueDiagnostics(diagnostics), complete);
  }
  return scenarios;
}

/** Ids have nothing in them that a shell reads, or that changes with an expression. */
function checkIds({
  file,
  raw,
  suite,
  diagnostics,
}: Pick<VariantInput, 'file' | 'raw' | 'suite' | 'diagnostics'>): void {
  if (!isId(suite)) {
    const message = `"${suite}": the path of a suite is part of its ids; use only a-z, 0-9, "." and "-"`;
    diagnostics.push(file.diagnose(['title'], 'BAD_ID', message));
  }
  const places = [[], ...Object.keys(raw.scenarios).map((name) => ['scenarios', name])];
  const variables = [raw['for-each'], ...Object.values(raw.scenarios).map((one) => one['for-each'])];
  for (const [index, place] of places.entries()) {
    for (const { path, text, isKey } of badLabels(variables[index] ?? {})) {
      const message = isKey
        ? `a label has only a-z, 0-9, "." and "-"; write "${proposedLabel(text)}"`
        : `an id cannot contain this value; give it a label: { ${proposedLabel(text)}: ${JSON.stringify(text)} }`;
      diagnostics.push(file.diagnose([...place, 'for-each', ...path], 'BAD_ID', message));
    }
  }
}

/** Id of the suite in a file: its path below the folder of the suites; of a suite that stands elsewhere, its name. */
export function suiteId(path: string, root: string, prefix?: string): string {
  const below = relative(root, path);
  const name = below.startsWith('..') ? basename(path) : below;
  return `${prefix === undefined ? '' : `${prefix}/`}${name}`.replace(/\.suite\.yaml$/, '').replace(/^rfc8684\//, '');
}

interface Variant extends Combination {
  family: Family;
  /** The condition under which the scenario runs again. */
  condition?: Condition;
}

/** A sequence of `also-with`, and where it is named. */
interface Condition {
  sequence: string;
  path: NodePath;
}

function variantsOf(raw: RawSuite, scenario: RawScenario, name: string): Variant[] {
  const combinations = combinationsOf({ ...raw['for-each'], ...scenario['for-each'] });
  const families = scenario.family ?? raw.family ?? ['ipv4', 'ipv6'];
  const conditions = [undefined, ...conditionsOf(raw, scenario, name)];
  return families.flatMap((family) =>
    conditions.flatMap((condition) =>
      combinations.map((one) =>
        condition === undefined
          ? { ...one, family }
          : { ...one, labels: { ...one.labels, with: condition.sequence }, family, condition },
      ),
    ),
  );
}

/** The scenario's own conditions, or else its suite's. */
function conditionsOf(raw: RawSuite, scenario: RawScenario, name: string): Condition[] {
  const { value = [], path } = ownOrSuites(scenario['also-with'], raw['also-with'], name, ['also-with']);
  return value.map((sequence, index) => ({ sequence, path: [...path, index] }));
}

interface VariantInput {
  file: YamlFile;
  raw: RawSuite;
  suite: string;
  name: string;
  scenario: RawScenario;
  variant: Variant;
  sequences: ReadonlyMap<string, Sequence>;
  diagnostics: Diagnostic[];
}

function buildVariant(input: VariantInput): Scenario {
  const { file, raw, suite, name, scenario, variant, sequences } = input;
  const role = roleOf(input);
  const path = ['scenarios', name];
  const context: StepContext = {
    file,
    variables: { ...variant.variables, family: variant.family, role },
    role,
    sequences,
    inherited: [],
    diagnostics: input.diagnostics,
    depth: 0,
  };
  const preamble = scenario.preamble ?? raw.preamble ?? [];
  const preamblePath = scenario.preamble === undefined ? ['preamble'] : [...path, 'preamble'];
  const steps = {
    preamble: [...conditionSteps(variant.condition, context), ...parseSteps(preamble, preamblePath, context)],
    body: parseSteps(scenario.steps, [...path, 'steps'], context),
  };
  const profile = profileOf(input, context);
  const unsteady = variant.condition === undefined ? undefined : sequences.get(variant.condition.sequence)?.unsteady;
  return {
    kind: 'wire',
    ...(unsteady === undefined ? {} : { unsteady }),
    id: `${suite}/${name}#${variantSuffix(variant.labels, variant.family)}`,
    suite,
    name,
    title: say(scenario.title, [...path, 'title'], context),
    section: raw.section,
    place: file.placeOf(path),
    role,
    family: variant.family,
    parameters: variant.labels,
    topology: topologyOf(input, context),
    profile,
    subflows: subflowsOf(scenario.subflows ?? {}),
    needs: [
      ...new Set([
        ...(raw.needs ?? []),
        ...(scenario.needs ?? []),
        ...impliedNeeds(profile, [...steps.preamble, ...steps.body]),
      ]),
    ],
    clauses: clausesOf([...steps.preamble, ...steps.body]),
    ...steps,
  };
}

/** The steps that bring about the condition of a variant. */
function conditionSteps(condition: Condition | undefined, context: StepContext): Step[] {
  if (condition === undefined) return [];
  return parseStep({ use: condition.sequence }, condition.path, context);
}

/** The value of a key that a scenario may have, or else its suite, and where it stands. */
function ownOrSuites<T>(
  own: T | undefined,
  suites: T | undefined,
  name: string,
  key: NodePath,
): { value: T | undefined; path: NodePath } {
  return own === undefined ? { value: suites, path: key } : { value: own, path: ['scenarios', name, ...key] };
}

/** `for-each: { role: [...] }` runs a scenario in both roles. */
function roleOf({ file, raw, name, scenario, variant, diagnostics }: VariantInput): Scenario['role'] {
  const { role } = variant.variables;
  if (role === undefined) return scenario.sut ?? raw.sut;
  if (role === 'initiator' || role === 'responder') return role;
  const message = `unknown role "${role}"; expected initiator or responder`;
  diagnostics.push(file.diagnose(['scenarios', name], 'BAD_VALUE', message));
  return raw.sut;
}

function topologyOf({ raw, scenario, name }: VariantInput, context: StepContext): string {
  const { value, path } = ownOrSuites(scenario.topology, raw.topology, name, ['topology']);
  return value === undefined ? 'one-link' : say(value, path, context);
}

/** The words of `for-each` and YAML for yes and no. */
const SWITCH: Readonly<Record<string, boolean>> = { true: true, on: true, 1: true, false: false, off: false, 0: false };

function profileOf({ raw, scenario, name }: VariantInput, context: StepContext): Profile {
  const valueOf = (key: keyof RawTester): string | undefined => {
    const { value, path } = ownOrSuites(scenario.tester?.[key], raw.tester?.[key], name, ['tester', key]);
    return value === undefined ? undefined : say(String(value), path, context);
  };
  const oneOf = <T>(key: keyof RawTester, words: Readonly<Record<string, T>>, fallback: T): T => {
    const value = valueOf(key);
    if (value === undefined) return fallback;
    const meant = words[value];
    if (meant !== undefined) return meant;
    const { path } = ownOrSuites(scenario.tester?.[key], raw.tester?.[key], name, ['tester', key]);
    context.diagnostics.push(
      context.file.diagnose(
        path,
        'BAD_VALUE',
        `${key}: "${value}" is not valid here${suggestion(value, Object.keys(words))}`,
      ),
    );
    return fallback;
  };
  const [window, key] = [valueOf('window'), valueOf('key')];
  return {
    timestamps: oneOf('timestamps', SWITCH, true),
    sack: oneOf('sack', SWITCH, true),
    wscale: Number(valueOf('wscale') ?? 7),
    mss: Number(valueOf('mss') ?? 1400),
    checksum: oneOf('checksum', SWITCH, false),
    dsnSize: oneOf<4 | 8>('dsn-size', { 4: 4, 8: 8 }, 8),
    ...(window === undefined ? {} : { window: Number(window) }),
    ...(key === undefined ? {} : { key: BigInt(key) }),
  };
}

function subflowsOf(raw: Record<string, { link?: number; id?: number }>): Record<string, SubflowSpec> {
  const subflows: Record<string, SubflowSpec> = { a: { link: 1, addressId: 0 } };
  for (const [name, one] of Object.entries(raw)) {
    const link = one.link ?? 1;
    subflows[name] = { link, addressId: one.id ?? (name === 'a' ? 0 : link) };
  }
  return subflows;
}

/** Diagnostics in the order of the file; variants of a scenario report the same ones. */
export function uniqueDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const one of diagnostics)
    seen.set(`${one.place.file}:${one.place.line}:${one.place.column}:${one.message}`, one);
  return [...seen.values()].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
}
