/** Reads `lab.yaml`: how a host on a bench is reached. */
import { canonicalAddress } from '../packet/index.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';

const SCHEMA = 'suites/schema/lab.schema.json';

/** A bench. */
export interface Lab {
  /** Name of the stack. */
  sut: string;
  /** Command that starts an agent and carries its lines. */
  agent: string[];
  /** Cables, in the order in which topologies use them. */
  links: LabLink[];
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
  'sut-device': string;
  address?: { ipv4: string; ipv6: string };
  'sut-address'?: { ipv4: string; ipv6: string };
  'sut-hardware-address'?: string;
}

/** Loads and checks a lab file. @throws DocumentError */
export function loadLab(file: string): Lab {
  const source = readYaml(file);
  source.check(projectSchema(SCHEMA));
  const { sut, agent, links } = source.value as { sut: string; agent: string[]; links: RawLink[] };
  return { sut, agent, links: links.map(toLink) };
}

function toLink(raw: RawLink): LabLink {
  const { device, 'sut-device': sutDevice, address, 'sut-address': sut, 'sut-hardware-address': hardware } = raw;
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
