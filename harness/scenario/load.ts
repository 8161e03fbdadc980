/** Loads suite files and spells out their variants. */
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { DocumentError, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, type NodePath, type YamlFile } from '../document/yaml-file.ts';
import type { Family } from '../packet/types.ts';
import { parseSteps, type Sequence, type StepContext } from './parse-step.ts';
import { say } from './step-text.ts';
import type { Profile, RawStep, Scenario, SubflowSpec } from './suite.ts';

type Scalar = string | number | boolean;

interface RawTester {
  timestamps?: Scalar;
  sack?: Scalar;
  wscale?: number;
  mss?: number;
  checksum?: Scalar;
  'dsn-size'?: Scalar;
  window?: Scalar;
  key?: string;
}

interface RawScenario {
  title: string;
  sut?: 'initiator' | 'responder';
  topology?: string;
  family?: Family[];
  'for-each'?: Record<string, Scalar[]>;
  needs?: string[];
  tester?: RawTester;
  subflows?: Record<string, { link?: number; id?: number }>;
  preamble?: RawStep[];
  steps: RawStep[];
}

interface RawSuite extends Omit<RawScenario, 'steps' | 'subflows' | 'sut'> {
  section: string;
  sut: 'initiator' | 'responder';
  scenarios: Record<string, RawScenario>;
}

interface RawSequences {
  sequences: Record<string, { title: string; parameters?: Record<string, Scalar | null>; steps: RawStep[] }>;
}

/** What suites are read with: the folder they stand in, and the sequences. */
export interface SuiteLibrary {
  /** The `suites` folder. */
  root: string;
  sequences: ReadonlyMap<string, Sequence>;
}

/** Opens a suites folder. @throws DocumentError */
export function openLibrary(root: string): SuiteLibrary {
  const file = readYaml(join(root, 'sequences.yaml'));
  file.check(projectSchema('suites/schema/sequences.schema.json'));
  const raw = file.value as RawSequences;
  const sequences = new Map<string, Sequence>();
  for (const [name, one] of Object.entries(raw.sequences)) {
    const parameters: Record<string, string | undefined> = {};
    for (const [key, value] of Object.entries(one.parameters ?? {}))
      parameters[key] = value === null ? undefined : String(value);
    sequences.set(name, { name, file, path: ['sequences', name, 'steps'], parameters, steps: one.steps });
  }
  return { root, sequences };
}

/** Paths of all suite files below a folder, sorted. */
export function findSuites(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.suite.yaml'))
    .sort()
    .map((name) => join(root, name));
}

/** Loads one suite file with every variant of every scenario. @throws DocumentError */
export function loadSuite(path: string, library: SuiteLibrary): Scenario[] {
  const file = readYaml(path);
  file.check(projectSchema('suites/schema/suite.schema.json'));
  const raw = file.value as RawSuite;
  const suite = suiteId(path, library.root);
  const diagnostics: Diagnostic[] = [];
  const scenarios: Scenario[] = [];
  // Most suites read the same in both families; their steps are parsed once and shared.
  const readsFamily = file.text.includes('${family}');
  for (const [name, scenario] of Object.entries(raw.scenarios)) {
    const built = new Map<string, Scenario>();
    for (const variant of variantsOf(raw, scenario)) {
      const key = readsFamily ? variantSuffix(variant) : JSON.stringify(variant.parameters);
      const same = built.get(key);
      const one =
        same === undefined
          ? buildVariant({ file, raw, suite, name, scenario, variant, library, diagnostics })
          : { ...same, id: `${suite}/${name}#${variantSuffix(variant)}`, family: variant.family };
      built.set(key, one);
      scenarios.push(one);
    }
  }
  if (diagnostics.length > 0) throw new DocumentError(uniqueDiagnostics(diagnostics));
  return scenarios;
}

/** A suite's id is its path below the suites folder; of a suite that stands elsewhere, its name. */
function suiteId(path: string, root: string): string {
  const below = relative(root, path);
  const name = below.startsWith('..') ? basename(path) : below;
  return name.replace(/\.suite\.yaml$/, '').replace(/^rfc8684\//, '');
}

interface Variant {
  family: Family;
  parameters: Record<string, string>;
}

function variantsOf(raw: RawSuite, scenario: RawScenario): Variant[] {
  const variables = { ...raw['for-each'], ...scenario['for-each'] };
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(variables)) {
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: String(value) })));
  }
  const families = scenario.family ?? raw.family ?? ['ipv4', 'ipv6'];
  return families.flatMap((family) => combinations.map((parameters) => ({ family, parameters })));
}

/** What stands behind the `#` of a scenario's id. */
function variantSuffix({ parameters, family }: Variant): string {
  return [...Object.entries(parameters).map(([key, value]) => `${key}=${value}`), family].join(',');
}

interface VariantInput {
  file: YamlFile;
  raw: RawSuite;
  suite: string;
  name: string;
  scenario: RawScenario;
  variant: Variant;
  library: SuiteLibrary;
  diagnostics: Diagnostic[];
}

function buildVariant(input: VariantInput): Scenario {
  const { file, raw, suite, name, scenario, variant, library } = input;
  const role = roleOf(input);
  const path = ['scenarios', name];
  const context: StepContext = {
    file,
    variables: { ...variant.parameters, family: variant.family, role },
    role,
    sequences: library.sequences,
    inherited: [],
    diagnostics: input.diagnostics,
    depth: 0,
  };
  const preamble = scenario.preamble ?? raw.preamble ?? [];
  const preamblePath = scenario.preamble === undefined ? ['preamble'] : [...path, 'preamble'];
  return {
    id: `${suite}/${name}#${variantSuffix(variant)}`,
    suite,
    name,
    title: say(scenario.title, [...path, 'title'], context),
    section: raw.section,
    place: file.placeOf(path),
    role,
    family: variant.family,
    parameters: variant.parameters,
    topology: topologyOf(input, context),
    profile: profileOf(input, context),
    subflows: subflowsOf(scenario.subflows ?? {}),
    needs: [...(raw.needs ?? []), ...(scenario.needs ?? [])],
    preamble: parseSteps(preamble, preamblePath, context),
    body: parseSteps(scenario.steps, [...path, 'steps'], context),
  };
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
  const { role } = variant.parameters;
  if (role === undefined) return scenario.sut ?? raw.sut;
  if (role === 'initiator' || role === 'responder') return role;
  const message = `the role is initiator or responder, not "${role}"`;
  diagnostics.push(file.diagnose(['scenarios', name], 'BAD_VALUE', message));
  return raw.sut;
}

function topologyOf({ raw, scenario, name }: VariantInput, context: StepContext): string {
  const { value, path } = ownOrSuites(scenario.topology, raw.topology, name, ['topology']);
  return value === undefined ? 'one-link' : say(value, path, context);
}

/** What `for-each` and YAML write for yes and no. */
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

function uniqueDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const one of diagnostics)
    seen.set(`${one.place.file}:${one.place.line}:${one.place.column}:${one.message}`, one);
  return [...seen.values()];
}
