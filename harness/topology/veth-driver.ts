/** Builds cells of veth pairs for SUT hosts that are network namespaces on this machine, whoever starts them. */
import type { Agent } from '../sut/types.ts';
import { IpBatch } from './ip-batch.ts';
import type { LineFailure } from './ip-batch.ts';
import { LinkReaper } from './link-reaper.ts';
import { MOST_WORKERS, PREFIXES_PER_WORKER, cellLink, deviceName, pairLine, routeLines } from './link-plan.ts';
import type { LinkPlan } from './link-plan.ts';
import { isShaped, kernelShapes, shapeLink } from './shaping.ts';
import { settleLink } from './sut-settings.ts';
import { assertInsideTester, prepareTester } from './tester-namespace.ts';
import { TopologyError } from './types.ts';
import type { Cell, CellLink, Driver, Topology } from './types.ts';

/** A SUT host: an agent in a network namespace of its own, set up but for links. */
export interface Host {
  readonly agent: Agent;
  /**
   * Ends the host or takes it back for the next cell. Never throws.
   *
   * @param unlinked resolves when no link of the cell is left in the host's namespace
   */
  release(unlinked: Promise<void>): Promise<void>;
}

/** Where hosts come from. */
export interface HostSource {
  /** Name of the driver that this makes. */
  readonly name: string;
  /** Gives a host for one cell. Many may be asked for at once. @throws AgentLost, AgentRefused, TopologyError */
  take(host: string): Promise<Host>;
  /** Ends all hosts. */
  close(): Promise<void>;
}

const LINK_UP_TIMEOUT_MS = 5000;

// Several drivers may live in one process, and names must differ all the same.
let devicesNamed = 0;
let prefixesTaken = 0;

function workerNumber(given: number | undefined): number {
  const worker = given ?? Number(process.env['VITEST_POOL_ID'] ?? 0);
  if (!Number.isInteger(worker) || worker < 0) {
    throw new TopologyError(`worker is ${worker}, expected a whole number from 0; check VITEST_POOL_ID`);
  }
  // Shares may be shared: a prefix that is taken is passed over.
  return worker % MOST_WORKERS;
}

function must(failures: readonly LineFailure[]): void {
  const [first] = failures;
  if (first !== undefined) {
    throw new TopologyError(
      `\`ip ${first.line}\` failed: ${first.text}; the kernel needs veth (CONFIG_VETH, module veth) and IPv6`,
    );
  }
}

/** Why an agent of the cell is lost, if one is: what failed then failed for that. */
async function lossOf(cell: Cell): Promise<unknown> {
  const asked = await Promise.allSettled([...cell.agents.values()].map((agent) => agent.request('hello')));
  return asked.find((one) => one.status === 'rejected')?.reason;
}

function isTaken(failure: LineFailure): boolean {
  return failure.text.includes('File exists');
}

class VethDriver implements Driver {
  readonly name: string;
  readonly #source: HostSource;
  readonly #firstPrefix: number;
  readonly #cells = new Set<Cell>();
  #batch: IpBatch | undefined;
  #reaper: LinkReaper | undefined;

  constructor(source: HostSource, worker: number | undefined) {
    this.name = source.name;
    this.#source = source;
    this.#firstPrefix = workerNumber(worker) * PREFIXES_PER_WORKER;
  }

  /** None: what the kernel cannot shape the tester does, and there is room for any number of links. */
  problems(): string[] {
    return [];
  }

  async build(topology: Topology): Promise<Cell> {
    assertInsideTester();
    await prepareTester();
    const taken = await Promise.allSettled(topology.hosts.map(async (name) => [name, await this.#source.take(name)] as const));
    const hosts = new Map(taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    const plans = topology.links.map((spec): LinkPlan => ({ spec, device: this.#nameDevice() }));
    const cell = this.#cell(topology, hosts, plans);
    try {
      const failed = taken.find((one) => one.status === 'rejected');
      if (failed !== undefined) {
        throw failed.reason;
      }
      await this.#connect(cell, plans);
      return cell;
    } catch (cause) {
      const reason = await lossOf(cell) ?? cause;
      await cell.close();
      const why = reason instanceof Error ? reason.message : String(reason);
      throw new TopologyError(`topology ${topology.name} cannot be built: ${why}`, { cause });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#cells].map((cell) => cell.close()));
    const [batch, reaper] = [this.#batch, this.#reaper];
    this.#batch = undefined;
    this.#reaper = undefined;
    await Promise.all([batch?.close(), reaper?.close()]);
    await this.#source.close();
  }

  #nameDevice(): string {
    devicesNamed += 1;
    return deviceName(process.pid, devicesNamed);
  }

  #nextPrefix(): number {
    prefixesTaken += 1;
    return this.#firstPrefix + prefixesTaken % PREFIXES_PER_WORKER;
  }

  async #connect(cell: Cell, plans: readonly LinkPlan[]): Promise<void> {
    this.#batch ??= new IpBatch();
    const batch = this.#batch;
    const agentOf = (spec: { host: string }): Agent => {
      const agent = cell.agents.get(spec.host);
      if (agent === undefined) {
        throw new TopologyError(`host ${spec.host} has no agent`);
      }
      return agent;
    };
    const numbers = plans.map(() => this.#nextPrefix());
    const lines = plans.flatMap((plan, index) => [
      pairLine(plan, agentOf(plan.spec).pid),
      ...routeLines(plan, numbers[index] ?? 0),
    ]);
    const failures = await batch.run(lines);
    must(failures.filter((failure) => !(failure.line.startsWith('route') && isTaken(failure))));
    for (const [index, plan] of plans.entries()) {
      const clash = failures.some((failure) => failure.line.includes(` dev ${plan.device} `));
      const number = clash ? await this.#moveOn(batch, plan, numbers[index] ?? 0) : numbers[index] ?? 0;
      cell.links.push(cellLink(plan, number));
    }
    await Promise.all(cell.links.map(async (link) => {
      const agent = agentOf(link.spec);
      await settleLink(agent, link);
      await this.#waitUp(batch, link.device);
      if (!isShaped(link.spec)) return;
      if (kernelShapes()) await shapeLink(link, agent.pid);
      else link.shapedByTester = true;
    }));
  }

  /** The prefix is still someone's: gives back what we took of it and tries the next until one is free. */
  async #moveOn(batch: IpBatch, plan: LinkPlan, taken: number): Promise<number> {
    let number = taken;
    for (let tries = 0; tries < PREFIXES_PER_WORKER; tries += 1) {
      // The lines name our device, so someone else's route stays; what we did not get is no failure.
      await batch.run(routeLines(plan, number).map((line) => line.replace('add', 'del')));
      number = this.#nextPrefix();
      const failures = await batch.run(routeLines(plan, number));
      must(failures.filter((failure) => !isTaken(failure)));
      if (failures.length === 0) {
        return number;
      }
    }
    throw new TopologyError(`all ${PREFIXES_PER_WORKER} prefixes of this worker are taken: close cells after use`);
  }

  /** A device whose far end has just come up drops packets until the kernel has dealt with the news. */
  async #waitUp(batch: IpBatch, device: string): Promise<void> {
    const deadline = performance.now() + LINK_UP_TIMEOUT_MS;
    let shown: string | undefined;
    do {
      shown = await batch.showLink(device);
      if (shown !== undefined && shown.includes(' state UP ') && !shown.includes(' qdisc noop ')) {
        return;
      }
    } while (performance.now() < deadline);
    throw new TopologyError(`${device} is not up after ${LINK_UP_TIMEOUT_MS} ms: ${shown ?? 'it is gone'}`);
  }

  #cell(topology: Topology, hosts: ReadonlyMap<string, Host>, plans: readonly LinkPlan[]): Cell {
    const links: CellLink[] = [];
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      let unlinked = (): void => undefined;
      const gone = new Promise<void>((resolve) => {
        unlinked = resolve;
      });
      const released = Promise.all([...hosts.values()].map((host) => host.release(gone)));
      // Waiting for the kernel to unregister devices would take longer than all else.
      this.#reaper ??= new LinkReaper();
      void this.#reaper.remove(plans.map((plan) => plan.device)).then(unlinked);
      await released;
      this.#cells.delete(cell);
    };
    const cell: Cell = {
      topology,
      agents: new Map([...hosts].map(([name, { agent }]) => [name, agent])),
      links,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    this.#cells.add(cell);
    return cell;
  }
}

/**
 * A driver that links hosts to the tester by veth pairs. Devices have no name outside of the tester's namespace and
 * the hosts', so none is left when the processes die, however they die.
 *
 * The tester's end answers for every address of a link's prefix but the SUT's. No ARP or neighbour discovery is on
 * the wire.
 *
 * @param worker which share of the address space is ours, 0..63: processes that share a tester namespace need
 *   different ones. Told by `VITEST_POOL_ID` unless given.
 * @throws TopologyError when the worker number makes no sense; building throws it outside of a tester namespace
 */
export function createVethDriver(source: HostSource, worker?: number): Driver {
  return new VethDriver(source, worker);
}
