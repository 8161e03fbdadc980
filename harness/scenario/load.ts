/** Loads suite files and spells out their variants. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DocumentError, type Diagnostic } from '../document/diagnostic.ts';
import { compileSchema, readYaml, type YamlFile } from '../document/yaml-file.ts';
import type { Family } from '../packet/types.ts';
import { parseSteps, type RawStep, type Sequence, type StepContext } from './parse-step.ts';
import type { Profile, Scenario, SubflowSpec } from './suite.ts';

type Scalar = string | number | boolean;

interface RawTester {
  timestamps?: Scalar;
  sack?: Scalar;
  wscale?: number;
  mss?: number;
  checksum?: Scalar;
  'dsn-size'?: Scalar;
  key?: string;
  window?: Scalar;
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

/** What suites are read with: the folder they stand in, the schemas and the sequences. */
export interface SuiteLibrary {
  /** The `suites` folder. */
  root: string;
  sequences: ReadonlyMap<string, Sequence>;
  validateSuite: ReturnType<typeof compileSchema>;
}

/** Opens a suites folder. @throws DocumentError */
export function openLibrary(root: string): SuiteLibrary {
  const file = readYaml(join(root, 'sequences.yaml'));
  file.check(compileSchema(join(root, 'schema', 'sequences.schema.json')));
  const raw = file.value as RawSequences;
  const sequences = new Map<string, Sequence>();
  for (const [name, one] of Object.entries(raw.sequences)) {
    const parameters: Record<string, string | undefined> = {};
    for (const [key, value] of Object.entries(one.parameters ?? {})) parameters[key] = value === null ? undefined : String(value);
    sequences.set(name, { name, file, path: ['sequences', name, 'steps'], parameters, steps: one.steps });
  }
  return { root, sequences, validateSuite: compileSchema(join(root, 'schema', 'suite.schema.json')) };
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
  file.check(library.validateSuite);
  const raw = file.value as RawSuite;
  const suite = relative(library.root, path).replace(/\.suite\.yaml$/, '').replace(/^rfc8684\//, '');
  const diagnostics: Diagnostic[] = [];
  const scenarios: Scenario[] = [];
  for (const [name, scenario] of Object.entries(raw.scenarios)) {
    for (const variant of variantsOf(raw, scenario)) {
      scenarios.push(buildVariant({ file, raw, suite, name, scenario, variant, library, diagnostics }));
    }
  }
  if (diagnostics.length > 0) throw new DocumentError(uniqueDiagnostics(diagnostics));
  return scenarios;
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
  const suffix = [...Object.entries(variant.parameters).map(([key, value]) => `${key}=${value}`), variant.family].join(',');
  const preamble = scenario.preamble ?? raw.preamble ?? [];
  const preamblePath = scenario.preamble === undefined ? ['preamble'] : [...path, 'preamble'];
  return {
    id: `${suite}/${name}#${suffix}`,
    suite,
    name,
    title: fill(scenario.title, context.variables),
    section: raw.section,
    place: file.placeOf(path),
    role,
    family: variant.family,
    parameters: variant.parameters,
    topology: fill(scenario.topology ?? raw.topology ?? 'one-link', context.variables),
    profile: profileOf({ ...raw.tester, ...scenario.tester }, context.variables),
    subflows: subflowsOf(scenario.subflows ?? {}),
    needs: [...(raw.needs ?? []), ...(scenario.needs ?? [])],
    preamble: parseSteps(preamble, preamblePath, context),
    body: parseSteps(scenario.steps, [...path, 'steps'], context),
  };
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

function fill(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

function profileOf(raw: RawTester, variables: Readonly<Record<string, string>>): Profile {
  const isOn = (value: Scalar | undefined, fallback: boolean): boolean =>
    value === undefined ? fallback : ['true', 'on', '1'].includes(fill(String(value), variables));
  return {
    timestamps: isOn(raw.timestamps, true),
    sack: isOn(raw.sack, true),
    wscale: raw.wscale ?? 7,
    mss: raw.mss ?? 1400,
    checksum: isOn(raw.checksum, false),
    dsnSize: fill(String(raw['dsn-size'] ?? 8), variables) === '4' ? 4 : 8,
    ...(raw.window === undefined ? {} : { window: Number(fill(String(raw.window), variables)) }),
    ...(raw.key === undefined ? {} : { key: BigInt(raw.key) }),
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
  for (const one of diagnostics) seen.set(`${one.place.file}:${one.place.line}:${one.place.column}:${one.message}`, one);
  return [...seen.values()];
}
