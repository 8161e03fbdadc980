/** Reads `topologies/*.yaml`. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { amount } from '../document/amount.ts';
import { DocumentError, gather, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { fittingPart } from '../document/fitting.ts';
import { projectSchema } from '../document/schema.ts';
import { diagnoseFile, readYaml, YamlFile } from '../document/yaml-file.ts';
import type { LinkSpec, MiddleboxSpec, Shape, Topology } from './types.ts';

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
  middleboxes?: MiddleboxSpec[];
}

interface RawTopology {
  title: string;
  hosts: string[];
  links: Record<string, RawLink>;
}

const SCHEMA = 'suites/schema/topology.schema.json';
/** Schema of middleboxes, in topologies and in suites of two stacks. */
export const MIDDLEBOX_SCHEMA = 'suites/schema/middlebox.schema.json';
/** Least MTU of an IPv6 link (RFC 8200, section 5). */
const LEAST_IPV6_MTU = 1280;

function shape(raw: RawShape): Shape {
  return {
    ...(raw.rate === undefined ? {} : { rate: amount(raw.rate) }),
    ...(raw.delay === undefined ? {} : { delay: amount(raw.delay) }),
    ...(raw.loss === undefined ? {} : { loss: amount(raw.loss) }),
  };
}

/** @throws DocumentError with everything wrong with the link */
function link(source: YamlFile, hosts: readonly string[], name: string, raw: RawLink): LinkSpec {
  const problems: Diagnostic[] = [];
  const path = ['links', name];
  const host = raw.host ?? (hosts.length === 1 ? hosts[0] : undefined);
  if (host === undefined) {
    const message = `link "${name}" does not name its host; add "host", one of ${hosts.join(', ')}`;
    problems.push(source.diagnoseKey(['links'], name, 'BAD_VALUE', message));
  } else if (!hosts.includes(host)) {
    const message = `unknown host "${host}"${suggestion(host, hosts)}`;
    problems.push(source.diagnose([...path, 'host'], 'UNKNOWN_HOST', message));
  }
  const families = raw.families ?? ['ipv4', 'ipv6'];
  const mtu = raw.mtu ?? 1500;
  if (families.includes('ipv6') && mtu < LEAST_IPV6_MTU) {
    const message = `mtu ${mtu} is too small for IPv6, which needs ${LEAST_IPV6_MTU}; raise it or set families: [ipv4]`;
    problems.push(source.diagnose([...path, 'mtu'], 'BAD_VALUE', message));
  }
  if (host === undefined || problems.length > 0) throw new DocumentError(problems);
  return {
    name,
    host,
    mtu,
    families,
    ...(raw['to-sut'] === undefined ? {} : { toSut: shape(raw['to-sut']) }),
    ...(raw['from-sut'] === undefined ? {} : { fromSut: shape(raw['from-sut']) }),
    ...(raw.middleboxes === undefined ? {} : { middleboxes: raw.middleboxes }),
  };
}

/**
 * Reads a topology from YAML text.
 *
 * @param file name for messages; its base name is the topology's name
 * @throws DocumentError with every fault found
 */
export function parseTopology(text: string, file: string): Topology {
  return toTopology(new YamlFile(file, text));
}

/**
 * Reads one topology file.
 *
 * @throws DocumentError when it cannot be read or is not a topology
 */
export function loadTopology(file: string): Topology {
  return toTopology(readYaml(file));
}

function toTopology(source: YamlFile): Topology {
  const misfits = source.problems(projectSchema(SCHEMA, [MIDDLEBOX_SCHEMA]));
  const part = fittingPart<RawTopology>(source.value, misfits, ['links']);
  const { title = '', hosts, links } = part?.value ?? {};
  if (hosts === undefined || links === undefined) throw new DocumentError(misfits);
  const problems: Diagnostic[] = [...misfits];
  const specs = Object.entries(links).flatMap(
    ([name, raw]) => gather(problems, () => link(source, hosts, name, raw)) ?? [],
  );
  if (problems.length > 0) throw new DocumentError(problems);
  return { name: basename(source.file, '.yaml'), title, hosts, links: specs };
}

/**
 * Finds a topology by name among the `*.yaml` files of a directory and reads it.
 *
 * @throws DocumentError `UNKNOWN_TOPOLOGY` with the nearest known one when there is none of that name
 */
export function findTopology(directory: string, name: string): Topology {
  const file = join(directory, `${name}.yaml`);
  if (!existsSync(file)) {
    const known = existsSync(directory)
      ? readdirSync(directory)
          .filter((entry) => entry.endsWith('.yaml'))
          .map((entry) => basename(entry, '.yaml'))
      : [];
    const message = `unknown topology "${name}"${suggestion(name, known.sort())}`;
    throw new DocumentError([diagnoseFile(file, 'UNKNOWN_TOPOLOGY', message)]);
  }
  return loadTopology(file);
}
