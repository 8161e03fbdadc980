/** The remote driver: the SUT is a host on a bench, reached over real interfaces. */
import { networkOf } from '../packet/index.ts';
import type { Agent } from '../sut/types.ts';
import type { Sysctl } from '../verdict/stack-info.ts';
import { IpBatch } from './ip-batch.ts';
import { PREFIXES_PER_WORKER, cellLink } from './link-plan.ts';
import type { Lab, LabLink } from './remote-lab.ts';
import { isShaped } from './shaping.ts';
import { settleLink, settleNamespace } from './sut-settings.ts';
import { assertInsideTester, LINK_TABLE, prepareTester } from './tester-namespace.ts';
import type { Application, Cell, CellLink, Driver } from './contract.ts';
import { TopologyError, type Topology } from './types.ts';

/** Options of the driver. */
export interface RemoteOptions {
  lab: Lab;
  /** Starts the agent of a cell. */
  startAgent: () => Promise<Agent>;
  /** Settings of the user's, for every namespace of the stack. */
  sysctls?: readonly Sysctl[] | undefined;
}

/** Factor on time limits: a host may be far away, or slow to log in to. */
export const REMOTE_TIME_SCALE = 3;

/** A command line that runs where the machine's own network is. */
export function outsideCommand(outsidePid: number, command: readonly string[]): string[] {
  return ['nsenter', '--target', String(outsidePid), '--net', '--mount', '--', ...command];
}

/** Addresses of a link, from a lab file. */
function addressesOf({ fixed }: LabLink): Partial<Pick<CellLink, 'tester' | 'sut' | 'prefix'>> {
  if (fixed === undefined) return {};
  return { tester: fixed.tester, sut: fixed.sut, prefix: fixed.prefix };
}

class RemoteDriver implements Driver {
  readonly name = 'remote';
  readonly application?: Application;
  readonly #options: RemoteOptions;
  #batch: IpBatch | undefined;
  #fetched: Promise<void> | undefined;
  #turn: Promise<void> = Promise.resolve();
  #prefixes = 0;
  /** See `Cell.earlier`: the host's addresses may stay the same from scenario to scenario. */
  readonly #earlier = new Map<string, number | undefined>();

  constructor(options: RemoteOptions) {
    this.#options = options;
    const { service } = options.lab;
    if (service !== undefined) this.application = service.application;
  }

  problems(topology: Topology): string[] {
    const { links } = this.#options.lab;
    return [
      ...(topology.hosts.length > 1
        ? [`topology ${topology.name} has ${topology.hosts.length} hosts, the lab has one`]
        : []),
      ...(topology.links.length > links.length
        ? [`topology ${topology.name} needs ${topology.links.length} links, the lab has ${links.length}`]
        : []),
    ];
  }

  /** One cell at a time: there is one host. */
  async build(topology: Topology): Promise<Cell> {
    assertInsideTester();
    const problems = this.problems(topology);
    if (problems.length > 0) throw new TopologyError(problems.join('\n'));
    await prepareTester();
    this.#fetched ??= this.#fetchDevices();
    await this.#fetched;
    const before = this.#turn;
    let done = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    return this.#build(topology, done);
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#batch?.close();
    this.#batch = undefined;
  }

  async #build(topology: Topology, done: () => void): Promise<Cell> {
    const { lab } = this.#options;
    const links: CellLink[] = [];
    let agent: Agent | undefined;
    let closing: Promise<void> | undefined;
    const cell: Cell = {
      topology,
      links,
      ...(lab.service?.port === undefined ? {} : { servicePort: lab.service.port }),
      earlier: this.#earlier,
      agents: new Map(),
      close: () => {
        closing ??= this.#close(agent, links).finally(done);
        return closing;
      },
    };
    try {
      agent = await this.#options.startAgent();
      (cell as { agents: Cell['agents'] }).agents = new Map([[topology.hosts[0] ?? '', agent]]);
      await settleNamespace(agent, this.#options.sysctls);
      for (const [index, spec] of topology.links.entries()) {
        const ends = lab.links[index];
        if (ends === undefined) throw new TopologyError(`link ${spec.name} has no cable`);
        await this.#connect(
          agent,
          {
            ...cellLink({ spec, device: ends.device }, this.#nextPrefix()),
            ...(agent.features.has('netlink') ? {} : addressesOf(ends)),
            sutDevice: ends.sutDevice,
            // The host may lack netem, and is not ours to shape on.
            ...(isShaped(spec) ? { shapedByTester: true } : {}),
          },
          links,
        );
      }
      return cell;
    } catch (cause) {
      await cell.close();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new TopologyError(`the lab cannot be used: ${why}`, { cause });
    }
  }

  #nextPrefix(): number {
    this.#prefixes += 1;
    return this.#prefixes % PREFIXES_PER_WORKER;
  }

  /** Both ends get static neighbour entries, so that only the test is on the wire. */
  async #connect(agent: Agent, link: CellLink, links: CellLink[]): Promise<void> {
    links.push(link);
    await this.#must([`link set dev ${link.device} mtu ${link.spec.mtu} up`]);
    await settleLink(agent, link);
    const lladdr = await this.#meetNeighbour(agent, link);
    await this.#must([
      ...this.#routes(link, 'add'),
      ...(lladdr === '' ? [] : link.spec.families).map(
        (family) => `neigh replace ${link.sut[family]} lladdr ${lladdr} dev ${link.device} nud permanent`,
      ),
    ]);
  }

  /** Tells the host this end's hardware address. @returns the host's own, empty where unknown */
  async #meetNeighbour(agent: Agent, link: CellLink): Promise<string> {
    if (!agent.features.has('netlink'))
      return this.#options.lab.links.find(({ device }) => device === link.device)?.fixed?.hardware ?? '';
    const { lladdr = '' } = await agent.request('link-wait', { dev: link.sutDevice, running: 1 });
    const own = await this.#hardwareAddress(link.device);
    await Promise.all(
      link.spec.families.map((family) =>
        agent.request('neigh-add', { dev: link.sutDevice, addr: link.tester[family], lladdr: own }),
      ),
    );
    return lladdr;
  }

  #routes({ sut, prefix, device }: CellLink, verb: 'add' | 'del'): string[] {
    // `ip` takes an address with bits beyond the prefix for no network.
    return (['ipv4', 'ipv6'] as const).map(
      (family) => `route ${verb} ${networkOf(sut[family], prefix[family])} dev ${device} table ${LINK_TABLE}`,
    );
  }

  /** Leaves the host as it was found: what the agent changed is put back, and its addresses go. */
  async #close(agent: Agent | undefined, links: readonly CellLink[]): Promise<void> {
    if (agent !== undefined) {
      // A host that is gone needs no cleaning; the next cell says so.
      await Promise.allSettled(
        (agent.features.has('netlink') ? links : []).flatMap(({ sutDevice: dev, spec, sut, tester, prefix }) =>
          spec.families.flatMap((family) => [
            agent.request('neigh-del', { dev, addr: tester[family] }),
            agent.request('addr-del', { dev, addr: `${sut[family]}/${prefix[family]}` }),
          ]),
        ),
      );
      await Promise.allSettled([agent.request('reset')]);
      await agent.close();
    }
    // A flush that finds nothing is content; `ip` ends itself over a neighbour that it cannot delete.
    await this.#batch?.run(
      links.flatMap((link) => [...this.#routes(link, 'del'), `neigh flush dev ${link.device} nud permanent`]),
    );
  }

  async #hardwareAddress(device: string): Promise<string> {
    const shown = await this.#batch?.showLink(device);
    const address = /link\/ether ([0-9a-f:]{17})/.exec(shown ?? '')?.[1];
    if (address === undefined)
      throw new TopologyError(
        `interface ${device} has no Ethernet address: ${shown ?? 'the interface does not exist'}`,
      );
    return address;
  }

  /** Brings the bench's interfaces into the tester's namespace. @throws TopologyError */
  async #fetchDevices(): Promise<void> {
    this.#batch = new IpBatch();
    for (const { device } of this.#options.lab.links) {
      const shown = await this.#batch.showLink(device);
      if (shown === undefined)
        throw new TopologyError(`interface ${device} is not in the run's namespace, where it was moved`);
    }
  }

  /** @throws TopologyError with the first failure */
  async #must(lines: string[]): Promise<void> {
    const [failure] = (await this.#batch?.run(lines)) ?? [];
    if (failure !== undefined) throw new TopologyError(`\`ip ${failure.line}\` failed: ${failure.text}`);
  }
}

/**
 * A driver whose SUT is one host on real interfaces. Each scenario starts a new agent and has its own addresses;
 * what it changed on the host is put back when it ends.
 */
export function createRemoteDriver(options: RemoteOptions): Driver {
  return new RemoteDriver(options);
}
