/** Loads suites of two stacks. */
import { amount } from '../document/amount.ts';
import { DocumentError, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { fittingPart } from '../document/fitting.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, YamlFile } from '../document/yaml-file.ts';
import type { PathShape, WayShape } from '../wire/forward/types.ts';
import type { ScenarioHead } from '../scenario/suite.ts';
import { PartialSuite, suiteId } from '../scenario/load.ts';
import { combinationsOf, variantSuffix } from '../scenario/variants.ts';
import { MIDDLEBOX_SCHEMA } from '../topology/load.ts';
import { queueBytes } from './amounts.ts';
import type { RawPathShape, RawScenario, RawShape, RawStep, RawSuite, Verb } from './raw-suite.ts';
import type { MultipathScenario, MultipathStep, PathPlan } from './scenario.ts';

const SCHEMA = 'suites/schema/multipath.schema.json';
/** Keys allowed beside the verb. */
const BESIDE = ['clause', 'mark', 'within'];
/** A queue as it is usual in routers of homes, where a suite names none. */
const USUAL_QUEUE = '100ms';

/**
 * Loads a suite with every variant of every scenario.
 *
 * @param root the folder of the suites, which ids are relative to
 * @param prefix what ids begin with besides
 * @throws PartialSuite, DocumentError
 */
export function loadMultipathSuite(path: string, root: string, prefix?: string): MultipathScenario[] {
  const source = readYaml(path);
  const variables = firstValues(source.value);
  const schema = projectSchema(SCHEMA, [MIDDLEBOX_SCHEMA]);
  const texts = new Map([[source.text, source]]);
  const misfits = fill(source, variables, texts).problems(schema);
  const part = fittingPart<RawSuite>(source.value, misfits, ['scenarios']);
  if (part?.value.scenarios === undefined) throw new DocumentError(misfits);
  const suite = suiteId(path, root, prefix);
  const diagnostics: Diagnostic[] = [...misfits];
  const scenarios: MultipathScenario[] = [];
  for (const [name, raw] of Object.entries(part.value.scenarios)) {
    for (const { labels: parameters, variables: own } of combinationsOf(raw['for-each'] ?? {})) {
      const file = fill(source, { ...variables, ...withOther(own) }, texts);
      const found = file.problems(schema).filter(({ path: [key, entry] }) => key === 'scenarios' && entry === name);
      diagnostics.push(...found);
      if (found.length > 0) break;
      scenarios.push(...variantsOf({ file, suite, name, parameters, diagnostics }));
    }
  }
  if (diagnostics.length > 0) throw new PartialSuite(diagnostics, part.lacks.has('topology') ? [] : scenarios);
  return scenarios;
}

/**
 * A file with the values of its variables in place of their names, and of the quotes around them. Lines stay where they are.
 *
 * @param texts files by their text: scenarios of a suite have variables in common, and parsing takes its time
 */
function fill(file: YamlFile, variables: Readonly<Record<string, string>>, texts: Map<string, YamlFile>): YamlFile {
  const text = file.text.replaceAll(
    /"\$\{([a-z][a-z0-9]*)\}"|\$\{([a-z][a-z0-9]*)\}/g,
    (whole, quoted?: string, bare?: string) => variables[quoted ?? bare ?? ''] ?? whole,
  );
  const known = texts.get(text) ?? new YamlFile(file.file, text);
  texts.set(text, known);
  return known;
}

/** A value for every variable, so that the other scenarios fit the schema. @param value content of any form */
function firstValues(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const scenario of entriesOf(valueOf(value, 'scenarios')))
    for (const [name, values] of entriesOf(valueOf(scenario[1], 'for-each')))
      found[name] ??= String(entriesOf(values)[0]?.[1]);
  return withOther(found);
}

function valueOf(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1];
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries<unknown>({ ...value }) : [];
}

/** Where `${from}` is the side that sends data, `${to}` is the other one. */
function withOther(variables: Record<string, string>): Record<string, string> {
  const { from } = variables;
  if (from !== 'client' && from !== 'server') return variables;
  return { to: from === 'client' ? 'server' : 'client', ...variables };
}

interface VariantInput {
  file: YamlFile;
  suite: string;
  name: string;
  parameters: Record<string, string>;
  diagnostics: Diagnostic[];
}

function variantsOf(input: VariantInput): MultipathScenario[] {
  const { file, suite, name, parameters } = input;
  const { topology = 'two-hosts', scenarios } = file.value as RawSuite;
  const raw = scenarios[name];
  if (raw === undefined) return [];
  const plan = planOf(input, raw);
  const clauses = [...new Set(plan.steps.flatMap((step) => step.clauses))];
  const path = ['scenarios', name];
  if (clauses.length === 0)
    input.diagnostics.push(
      file.diagnose(path, 'NO_JUDGEMENT', `scenario "${name}" does not judge a clause; add "clause" to a step`),
    );
  return (raw.family ?? ['ipv4']).map((family): MultipathScenario => ({
    kind: 'multipath',
    id: `${suite}/${name}#${variantSuffix(parameters, family)}`,
    suite,
    name,
    title: raw.title,
    section: 'multipath',
    place: file.placeOf(path),
    role: 'initiator',
    family,
    parameters,
    topology,
    needs: [],
    clauses,
    ...plan,
  }));
}

/** The parts of a scenario besides its head. */
type Plan = Omit<MultipathScenario, keyof ScenarioHead>;

function planOf(input: VariantInput, raw: RawScenario): Plan {
  const paths = new Map(
    Object.entries(raw.paths).map(([name, path]): [string, PathPlan] => [
      name,
      {
        shape: {
          ...pathShape(path, { up: {}, down: {} }),
          ...(path.shares === undefined ? {} : { shares: path.shares }),
        },
        middleboxes: path.middleboxes ?? [],
      },
    ]),
  );
  checkShared(input, raw);
  return {
    paths,
    client: raw.client ?? {},
    server: raw.server ?? {},
    checksums: String(raw.checksums ?? false) === 'true',
    seed: raw.seed ?? input.name,
    steps: raw.steps.flatMap((step, index) => stepOf(input, step, index, new Set(paths.keys())) ?? []),
  };
}

/** One bottleneck has one rate and one queue: those of the path that it is written at, from the start and later. */
function checkShared({ file, name, diagnostics }: VariantInput, { paths, steps }: RawScenario): void {
  const isRated = (shape: RawPathShape | undefined): boolean =>
    [shape, shape?.up, shape?.down].some((one) => one?.rate !== undefined || one?.queue !== undefined);
  for (const [path, raw] of Object.entries(paths)) {
    const { shares } = raw;
    if (shares === undefined) continue;
    const owner = paths[shares];
    const at = ['scenarios', name, 'paths', path];
    if (owner === undefined) {
      diagnostics.push(
        file.diagnose(
          [...at, 'shares'],
          'UNKNOWN_SUBFLOW',
          `unknown path "${shares}"${suggestion(shares, Object.keys(paths))}`,
        ),
      );
    } else if (owner.shares !== undefined) {
      diagnostics.push(
        file.diagnose(
          [...at, 'shares'],
          'BAD_VALUE',
          `path "${shares}" itself shares the bottleneck of "${owner.shares}"; write shares: ${owner.shares}`,
        ),
      );
    }
    const changed = steps.flatMap(({ shape }, index) =>
      shape?.path === path && isRated(shape) ? [['scenarios', name, 'steps', index]] : [],
    );
    for (const place of [...(isRated(raw) ? [at] : []), ...changed]) {
      diagnostics.push(
        file.diagnose(place, 'BAD_VALUE', `path "${path}" uses the rate and queue of path "${shares}"; remove its own`),
      );
    }
  }
}

/** A shape as written, over one that it changes. */
export function pathShape(raw: RawPathShape, before: PathShape): PathShape {
  return { up: wayShape({ ...raw, ...raw.up }, before.up), down: wayShape({ ...raw, ...raw.down }, before.down) };
}

function wayShape(raw: RawShape, before: WayShape): WayShape {
  const rate = raw.rate === undefined ? before.rate : amount(raw.rate);
  return {
    ...before,
    ...(rate === undefined ? {} : { rate, queue: queueOf(raw, rate, before) }),
    ...(raw.delay === undefined ? {} : { delay: amount(raw.delay) }),
    ...(raw.loss === undefined ? {} : { loss: amount(raw.loss) }),
    ...(raw.mtu === undefined ? {} : { mtu: raw.mtu }),
    ...(raw['too-big'] === undefined ? {} : { tooBig: raw['too-big'] }),
  };
}

/** Bytes. A queue holds the same time as before when only the rate changes. */
function queueOf(raw: RawShape, rate: number, before: WayShape): number {
  if (raw.queue !== undefined) return queueBytes(raw.queue, rate);
  if (before.queue === undefined || before.rate === undefined) return queueBytes(USUAL_QUEUE, rate);
  return (before.queue * rate) / before.rate;
}

function stepOf(
  input: VariantInput,
  raw: RawStep,
  index: number,
  paths: ReadonlySet<string>,
): MultipathStep | undefined {
  const { file, name, diagnostics } = input;
  const path = ['scenarios', name, 'steps', index];
  const verbs = Object.keys(raw).filter((key) => !BESIDE.includes(key)) as Verb[];
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) {
    const message =
      verb === undefined
        ? 'the step has no verb'
        : `a step has one verb, this one has ${verbs.join(' and ')}; write two steps`;
    diagnostics.push(file.diagnose(path, 'BAD_VALUE', message));
    return undefined;
  }
  for (const word of pathsIn(verb, raw)) {
    if (paths.has(word)) continue;
    diagnostics.push(
      file.diagnose([...path, verb], 'UNKNOWN_SUBFLOW', `unknown path "${word}"${suggestion(word, paths)}`),
    );
  }
  const clauses = typeof raw.clause === 'string' ? [raw.clause] : (raw.clause ?? []);
  if (verb.startsWith('judge-') && clauses.length === 0) {
    diagnostics.push(
      file.diagnose(path, 'NO_JUDGEMENT', `${verb} judges, but names no clause or promise; add "clause"`),
    );
  }
  return {
    verb,
    with: raw[verb],
    place: file.placeOf(path),
    text: textOf(verb, raw[verb]),
    clauses,
    ...(raw.mark === undefined ? {} : { mark: raw.mark }),
    ...(raw.within === undefined ? {} : { within: amount(raw.within) }),
  } as MultipathStep;
}

/** The words of a step that have to be paths. */
function pathsIn(verb: Verb, raw: RawStep): string[] {
  const given: unknown = raw[verb];
  if (['silence', 'restore', 'unplug', 'plug', 'remove-address', 'add-address', 'remove-endpoint'].includes(verb))
    return [String(given)];
  if (verb === 'joined') return given as string[];
  if (verb === 'judge-reinjected') return [raw[verb]?.from ?? '', ...(raw[verb]?.to ?? [])];
  const { path, link, carried, on } = (typeof given === 'object' ? given : {}) as Record<
    'path' | 'link' | 'carried' | 'on',
    string | undefined
  >;
  return [path, link, carried, on].filter((word) => word !== undefined);
}

/** A step on one line, close to how it is written. */
function textOf(verb: Verb, given: unknown): string {
  if (given === true) return verb;
  return `${verb}: ${plain(given)}`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, one]) => `${key}=${plain(one)}`)
    .join(' ');
}
