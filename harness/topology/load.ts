/** Reads `topologies/*.yaml`. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { LineCounter, parseDocument } from 'yaml';
import { nearestWord } from './nearest-word.ts';
import { at, keyOffset, valueOffset } from './source-position.ts';
import type { YamlSource } from './source-position.ts';
import { TopologyError } from './types.ts';
import type { LinkSpec, Shape, Topology } from './types.ts';

interface RawShape {
  rate?: string;
  delay?: string;
  loss?: string;
}

interface RawLink {
  host?: string;
  mtu?: number;
  families?: ('ipv4' | 'ipv6')[];
  'to-sut'?: RawShape;
  'from-sut'?: RawShape;
}

interface RawTopology {
  title: string;
  hosts: string[];
  links: Record<string, RawLink>;
}

const SCHEMA = join('suites', 'schema', 'topology.schema.json');
/** Least MTU of an IPv6 link (RFC 8200, section 5). */
const LEAST_IPV6_MTU = 1280;
const UNITS: Readonly<Record<string, number>> = {
  bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9, us: 1e-3, ms: 1, s: 1e3, '%': 0.01,
};

let validator: ValidateFunction<RawTopology> | undefined;

/** Sources and build output lie at different depths below the project's root. */
function schemaPath(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; dirname(directory) !== directory; directory = dirname(directory)) {
    const path = join(directory, SCHEMA);
    if (existsSync(path)) {
      return path;
    }
  }
  throw new TopologyError(`no ${SCHEMA} above ${start}: the installation is incomplete`);
}

function validate(): ValidateFunction<RawTopology> {
  validator ??= new Ajv({ allErrors: true, verbose: true })
    .compile<RawTopology>(JSON.parse(readFileSync(schemaPath(), 'utf8')) as object);
  return validator;
}

function suggestion(written: string, valid: readonly string[]): string {
  const near = nearestWord(written, valid);
  return near === undefined ? `; expected one of ${valid.join(', ')}` : `; did you mean '${near}'?`;
}

function pathOf(error: ErrorObject): string[] {
  return error.instancePath.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function describe(source: YamlSource, error: ErrorObject): string {
  const path = pathOf(error);
  const params = error.params as Record<string, unknown>;
  const schema = error.parentSchema as { properties?: object; description?: string; examples?: string[] } | undefined;
  if (error.keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    const message = `unknown key '${key}'${suggestion(key, Object.keys(schema?.properties ?? {}))}`;
    return at(source, keyOffset(source, path, key), message);
  }
  if (error.keyword === 'enum') {
    const value = String(error.data);
    const message = `'${value}' is not known here${suggestion(value, params['allowedValues'] as string[])}`;
    return at(source, valueOffset(source, path), message);
  }
  if (error.propertyName !== undefined) {
    const message = `'${error.propertyName}' is not a valid name: ${schema?.description ?? error.message ?? ''}`;
    return at(source, keyOffset(source, path, error.propertyName), message);
  }
  if (error.keyword === 'required') {
    return at(source, valueOffset(source, path), `key '${String(params['missingProperty'])}' is missing; add it`);
  }
  const example = schema?.examples?.[0];
  const hint = example === undefined ? schema?.description : `${schema?.description ?? ''} Write it as in ${example}.`;
  const what = error.keyword === 'pattern' ? `${JSON.stringify(error.data)} is malformed` : (error.message ?? 'invalid');
  return at(source, valueOffset(source, path), `${path.at(-1) ?? 'the file'}: ${what}${hint === undefined ? '' : `. ${hint}`}`);
}

function amount(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9.]+)(\D+)$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}

function shape(raw: RawShape): Shape {
  return {
    ...(raw.rate === undefined ? {} : { rate: amount(raw.rate) }),
    ...(raw.delay === undefined ? {} : { delay: amount(raw.delay) }),
    ...(raw.loss === undefined ? {} : { loss: amount(raw.loss) }),
  };
}

function link(source: YamlSource, hosts: readonly string[], name: string, raw: RawLink): LinkSpec {
  const path = ['links', name];
  const host = raw.host ?? (hosts.length === 1 ? hosts[0] : undefined);
  if (host === undefined) {
    throw new TopologyError(at(source, keyOffset(source, ['links'], name),
      `link '${name}' does not say which of the hosts ${hosts.join(', ')} it leads to; add 'host'`));
  }
  if (!hosts.includes(host)) {
    throw new TopologyError(at(source, valueOffset(source, [...path, 'host']),
      `host '${host}' is not among the hosts${suggestion(host, hosts)}`));
  }
  const families = raw.families ?? ['ipv4', 'ipv6'];
  const mtu = raw.mtu ?? 1500;
  if (families.includes('ipv6') && mtu < LEAST_IPV6_MTU) {
    throw new TopologyError(at(source, valueOffset(source, [...path, 'mtu']),
      `mtu ${mtu} is too small for IPv6, which needs ${LEAST_IPV6_MTU}; raise it or set families: [ipv4]`));
  }
  return {
    name,
    host,
    mtu,
    families,
    ...(raw['to-sut'] === undefined ? {} : { toSut: shape(raw['to-sut']) }),
    ...(raw['from-sut'] === undefined ? {} : { fromSut: shape(raw['from-sut']) }),
  };
}

/**
 * Reads a topology from YAML text.
 *
 * @param file name for messages; its base name is the topology's name
 * @throws TopologyError with file, line, column and a caret for every fault found
 */
export function parseTopology(text: string, file: string): Topology {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: YamlSource = { file, text, lines, document };
  if (document.errors.length > 0) {
    throw new TopologyError(document.errors.map((error) => at(source, error.pos[0], error.message)).join('\n'));
  }
  const content: unknown = document.toJS();
  const check = validate();
  if (!check(content)) {
    // `propertyNames` only repeats what the error of the name itself says.
    const errors = (check.errors ?? []).filter((error) => error.keyword !== 'propertyNames');
    throw new TopologyError(errors.map((error) => describe(source, error)).join('\n'));
  }
  return {
    name: basename(file, '.yaml'),
    title: content.title,
    hosts: content.hosts,
    links: Object.entries(content.links).map(([name, raw]) => link(source, content.hosts, name, raw)),
  };
}

/**
 * Reads one topology file.
 *
 * @throws TopologyError when it cannot be read or is not a topology
 */
export function loadTopology(file: string): Topology {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TopologyError(`${file}: cannot be read: ${String(cause)}`, { cause });
  }
  return parseTopology(text, file);
}

/**
 * Finds a topology by name among the `*.yaml` files of a directory and reads it.
 *
 * @throws TopologyError naming the nearest known topology when there is none of that name
 */
export function findTopology(directory: string, name: string): Topology {
  const file = join(directory, `${name}.yaml`);
  if (!existsSync(file)) {
    const known = existsSync(directory)
      ? readdirSync(directory).filter((entry) => entry.endsWith('.yaml')).map((entry) => basename(entry, '.yaml'))
      : [];
    throw new TopologyError(`no topology '${name}' in ${directory}${suggestion(name, known.sort())}`);
  }
  return loadTopology(file);
}
