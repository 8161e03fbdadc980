/** Reads `lab.yaml`: how a host on a bench is reached. */
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
  links: { device: string; sutDevice: string }[];
}

/** Loads and checks a lab file. @throws DocumentError */
export function loadLab(file: string): Lab {
  const source = readYaml(file);
  source.check(projectSchema(SCHEMA));
  const { sut, agent, links } = source.value as {
    sut: string;
    agent: string[];
    links: { device: string; 'sut-device': string }[];
  };
  return { sut, agent, links: links.map((link) => ({ device: link.device, sutDevice: link['sut-device'] })) };
}
