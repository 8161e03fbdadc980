/** Reads `lab.yaml`: how a host on a bench is reached. */
import { isIP } from 'node:net';
import { UsageError } from '../document/explained-error.ts';
import { canonicalAddress } from '../packet/index.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Application } from './contract.ts';

const SCHEMA = 'suites/schema/lab.schema.json';

/** A bench. */
export interface Lab {
  /** Name of the stack. */
  sut: string;
  /** Version of the stack, where no agent says it. */
  version?: string;
  /** Command that starts an agent and carries its lines; absent with `service`. */
  agent?: string[];
  /** The listener of a stack without an agent. */
  service?: LabService;
  /** Cables, in the order in which topologies use them. */
  links: LabLink[];
}

/** A service on a host without an agent. */
export interface LabService {
  /** TCP port on which it accepts MPTCP; a forward proxy accepts none. */
  port?: number;
  application: Application;
  /** Of a relay: where this machine listens for the relay. */
  backend?: { address: string; port: number };
  /** Of a forward proxy: where it accepts clients. */
  proxy?: ProxyService;
}

/** Where a proxy accepts clients, and the protocol that they speak with it. */
export interface ProxyService {
  address: string;
  port: number;
  /** The CONNECT method of HTTP (RFC 9110 section 9.3.6), or SOCKS version 5 without authentication (RFC 1928). */
  protocol: 'connect' | 'socks5';
}

/** A cable. */
export interface LabLink {
  device: string;
  sutDevice: string;
  /** Set up on the host before the run, and left alone by it. */
  fixed?: FixedAddresses;
}

/** Addresses that a link of a bench has already. */
interface FixedAddresses {
  tester: { ipv4: string; ipv6: string };
  sut: { ipv4: string; ipv6: string };
  /** Prefix lengths. */
  prefix: { ipv4: number; ipv6: number };
  /** Ethernet address of the host's interface, where it is given. */
  hardware?: string;
}

/** A cable as the file has it. */
interface RawLink {
  device: string;
  'sut-device'?: string;
  address?: { ipv4: string; ipv6: string };
  'sut-address'?: { ipv4: string; ipv6: string };
  'sut-hardware-address'?: string;
}

/** Loads and checks a lab file. @throws DocumentError */
export function loadLab(file: string): Lab {
  const source = readYaml(file);
  source.check(projectSchema(SCHEMA));
  const { sut, version, agent, service, links } = source.value as RawLab;
  return {
    sut,
    ...(version === undefined ? {} : { version }),
    ...(agent === undefined ? {} : { agent }),
    ...(service === undefined ? {} : { service: toService(file, service) }),
    links: links.map(toLink),
  };
}

interface RawLab extends Pick<Lab, 'sut' | 'version' | 'agent'> {
  service?: RawService;
  links: RawLink[];
}

/** A service as the file has it: with `port`, or with `proxy`. */
interface RawService {
  port?: number;
  'relays-to'?: string;
  'half-close'?: boolean;
  answers?: 'discard' | 'echo' | 'http';
  proxy?: string;
  protocol?: ProxyService['protocol'];
}

/** @throws UsageError where an address is not one */
function toService(file: string, raw: RawService): LabService {
  const closes = raw['half-close'] === false;
  if (raw.proxy !== undefined) {
    const place = placeOf(file, 'proxy', raw.proxy);
    return {
      application: closes ? 'closing-client' : 'client',
      proxy: { ...place, protocol: raw.protocol ?? 'connect' },
    };
  }
  const service = raw.port === undefined ? {} : { port: raw.port };
  const to = raw['relays-to'];
  if (to === undefined) return { ...service, application: raw.answers ?? 'discard' };
  return { ...service, application: closes ? 'closing-backend' : 'backend', backend: placeOf(file, 'relays-to', to) };
}

/** @throws UsageError */
function placeOf(file: string, key: string, text: string): { address: string; port: number } {
  const [, six, four, number] = /^(?:\[([\da-fA-F:]+)\]|([\d.]+)):(\d+)$/.exec(text) ?? [];
  const address = six ?? four ?? '';
  if (isIP(address) === 0 || Number(number) < 1 || Number(number) > 65_535)
    throw new UsageError(
      `${file}: ${key}: ${text} is not an address and a port; write 192.0.2.1:8000 or "[2001:db8::1]:8000"`,
    );
  return { address, port: Number(number) };
}

function toLink(raw: RawLink): LabLink {
  const { device, 'sut-device': sutDevice = '', address, 'sut-address': sut, 'sut-hardware-address': hardware } = raw;
  if (address === undefined || sut === undefined) return { device, sutDevice };
  const [tester, own] = [parts(address), parts(sut)];
  return {
    device,
    sutDevice,
    fixed: {
      tester: tester.addresses,
      sut: own.addresses,
      prefix: own.lengths,
      ...(hardware === undefined ? {} : { hardware }),
    },
  };
}

function parts({ ipv4, ipv6 }: { ipv4: string; ipv6: string }): {
  addresses: FixedAddresses['sut'];
  lengths: FixedAddresses['prefix'];
} {
  const [four = '', fourLength] = ipv4.split('/');
  const [six = '', sixLength] = ipv6.split('/');
  return {
    addresses: { ipv4: four, ipv6: canonicalAddress(six) },
    lengths: { ipv4: Number(fourLength), ipv6: Number(sixLength) },
  };
}
