/** Builds cells of veth pairs for SUT hosts that are network namespaces on this machine, however started. */
import { lossOf } from '../sut/agent-loss.ts';
import { agentOver } from '../sut/agent-over.ts';
import type { Agent } from '../sut/types.ts';
import { IpBatch } from './ip-batch.ts';
import type { LineFailure } from './ip-batch.ts';
import { LinkReaper } from './link-reaper.ts';
import { MOST_WORKERS, PREFIXES_PER_WORKER, cellLink, pairLine, routeLines } from './link-plan.ts';
import type { LinkPlan } from './link-plan.ts';
import { freshDeviceName, nextPrefix } from './numbers.ts';
import { isShaped, kernelShapes, shapeLink } from './shaping.ts';
import { settleLink } from './sut-settings.ts';
import { assertInsideTester, prepareTester } from './tester-namespace.ts';
import { TopologyError } from './types.ts';
import type { Cell, CellLink, Driver } from './contract.ts';
import type { Topology } from './types.ts';

/** A SUT host: an agent in a network namespace of its own, set up but for links. */
export interface Host {
  readonly agent: Agent;
  /** Undoes what a scenario asked the agent for, but for devices, addresses and routes; whether it could. Never throws. */
  reset(): Promise<boolean>;
  /** Whether nothing of the last cell is left after a reset but these devices. Never throws. */
  isAsNew(devices: readonly string[]): Promise<boolean>;
  /**
   * Takes the host back, for another cell or to end it. Never throws.
   *
   * @param unlinked resolves when no link is left in the host's namespace, with whether the host may serve again
   */
  release(unlinked: Promise<boolean>): void;
}

/** Source of hosts. */
export interface HostSource {
  /** Name of the driver that this makes. */
  readonly name: string;
  /** A host takes far longer to make than links do. */
  readonly isDear?: boolean;
  /** Provides a host for one cell. Calls may overlap. @throws AgentLost, AgentRefused, TopologyError */
  take(host: string): Promise<Host>;
  /** Ends all hosts. */
  close(): Promise<void>;
}

const LINK_UP_TIMEOUT_MS = 5000;

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

function isTaken(failure: LineFailure): boolean {
  return failure.text.includes('File exists');
}

/** Hosts and their links: what a cell stands on. */
interface Rig {
  topology: Topology;
  hosts: ReadonlyMap<string, Host>;
  plans: readonly LinkPlan[];
  links: CellLink[];
}

/** Requests after which a host's network is not what the driver made of it. */
const REBUILDS = /^(link|addr|route|rule|neigh)-|^offload$/;

/** The agent as a cell has it. @param touched is called for requests that change the host's network or end the agent */
function watched(agent: Agent, touched: () => void): Agent {
  return agentOver(agent, {
    request: (command, args, options) => {
      if (REBUILDS.test(command)) touched();
      return agent.request(command, args, options);
    },
    close: () => {
      touched();
      return agent.close();
    },
  });
}

/** A driver that keeps what it has made. */
export interface KeepingDriver extends Driver {
  /** Resolves when the cells that have been closed are there to be used again, or are on their way out. */
  returned(): Promise<void>;
}

class VethDriver implements KeepingDriver {
  readonly name: string;
  readonly #source: HostSource;
  readonly #firstPrefix: number;
  readonly #cells = new Set<Cell>();
  /** Unused rigs, by the whole topology. */
  readonly #kept = new Map<string, Rig[]>();
  readonly #returning = new Set<Promise<void>>();
  #batch: IpBatch | undefined;
  #reaper: LinkReaper | undefined;
  #closed = false;

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
    return this.#cell(this.#kept.get(JSON.stringify(topology))?.pop() ?? (await this.#assemble(topology)));
  }

  async returned(): Promise<void> {
    await Promise.all(this.#returning);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#cells].map((cell) => cell.close()));
    await Promise.all(this.#returning);
    for (const rig of [...this.#kept.values()].flat()) this.#takeApart(rig, false);
    this.#kept.clear();
    const [batch, reaper] = [this.#batch, this.#reaper];
    this.#batch = undefined;
    this.#reaper = undefined;
    await Promise.all([batch?.close(), reaper?.close()]);
    await this.#source.close();
  }

  async #assemble(topology: Topology): Promise<Rig> {
    if (this.#source.isDear === true) this.#freeHosts();
    const taken = await Promise.allSettled(
      topology.hosts.map(async (name) => [name, await this.#source.take(name)] as const),
    );
    const hosts = new Map(taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    const plans = topology.links.map((spec): LinkPlan => ({ spec, device: freshDeviceName() }));
    const rig: Rig = { topology, hosts, plans, links: [] };
    try {
      const failed = taken.find((one) => one.status === 'rejected');
      if (failed !== undefined) {
        throw failed.reason;
      }
      await this.#connect(rig);
      return rig;
    } catch (cause) {
      const reason = (await lossOf([...hosts.values()].map(({ agent }) => agent))) ?? cause;
      this.#takeApart(rig, false);
      const why = reason instanceof Error ? reason.message : String(reason);
      throw new TopologyError(`topology ${topology.name} cannot be built: ${why}`, { cause });
    }
  }

  async #connect({ hosts, plans, links }: Rig): Promise<void> {
    this.#batch ??= new IpBatch();
    const batch = this.#batch;
    const agentOf = (spec: { host: string }): Agent => {
      const agent = hosts.get(spec.host)?.agent;
      if (agent === undefined) {
        throw new TopologyError(`host ${spec.host} has no agent`);
      }
      return agent;
    };
    const numbers = plans.map(() => nextPrefix(this.#firstPrefix));
    const lines = plans.flatMap((plan, index) => [
      pairLine(plan, agentOf(plan.spec).pid),
      ...routeLines(plan, numbers[index] ?? 0),
    ]);
    const failures = await batch.run(lines);
    must(failures.filter((failure) => !(failure.line.startsWith('route') && isTaken(failure))));
    for (const [index, plan] of plans.entries()) {
      const clash = failures.some((failure) => failure.line.includes(` dev ${plan.device} `));
      const number = clash ? await this.#moveOn(batch, plan, numbers[index] ?? 0) : (numbers[index] ?? 0);
      links.push(cellLink(plan, number));
    }
    await Promise.all(
      links.map(async (link) => {
        const agent = agentOf(link.spec);
        await settleLink(agent, link);
        await this.#waitUp(batch, link.device);
        if (!isShaped(link.spec)) return;
        if (kernelShapes()) await shapeLink(link, agent.pid);
        else link.shapedByTester = true;
      }),
    );
  }

  /** The prefix is still someone's: gives back what we took of it and tries the next until one is free. */
  async #moveOn(batch: IpBatch, plan: LinkPlan, taken: number): Promise<number> {
    let number = taken;
    for (let tries = 0; tries < PREFIXES_PER_WORKER; tries += 1) {
      // The lines name our device, so routes of others stay; a route that we did not get is not a failure.
      await batch.run(routeLines(plan, number).map((line) => line.replace('add', 'del')));
      number = nextPrefix(this.#firstPrefix);
      const failures = await batch.run(routeLines(plan, number));
      must(failures.filter((failure) => !isTaken(failure)));
      if (failures.length === 0) {
        return number;
      }
    }
    throw new TopologyError(`all ${PREFIXES_PER_WORKER} prefixes of this worker are in use: close cells after use`);
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
    throw new TopologyError(
      `${device} is not up after ${LINK_UP_TIMEOUT_MS} ms: ${shown ?? 'the device does not exist'}`,
    );
  }

  #cell(rig: Rig): Cell {
    let closing: Promise<void> | undefined;
    // A shaper remembers what it has let through.
    let touched = rig.links.some(({ spec }) => isShaped(spec));
    const close = async (): Promise<void> => {
      const reset = await Promise.all([...rig.hosts.values()].map((host) => host.reset()));
      const returning = this.#takeBack(rig, reset.every(Boolean), touched).finally(() =>
        this.#returning.delete(returning),
      );
      this.#returning.add(returning);
      this.#cells.delete(cell);
    };
    const cell: Cell = {
      topology: rig.topology,
      agents: new Map([...rig.hosts].map(([name, { agent }]) => [name, watched(agent, () => (touched = true))])),
      links: rig.links.map((link) => ({ ...link })),
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    this.#cells.add(cell);
    return cell;
  }

  /** Keeps what is as new for the next cell of this topology; never throws. */
  async #takeBack(rig: Rig, reset: boolean, touched: boolean): Promise<void> {
    const devices = (host: string): string[] =>
      rig.plans.filter(({ spec }) => spec.host === host).map(({ spec }) => spec.name);
    const isKept =
      reset &&
      !touched &&
      !this.#closed &&
      (await Promise.all([...rig.hosts].map(([name, host]) => host.isAsNew(devices(name))))).every(Boolean);
    if (!isKept) {
      this.#takeApart(rig, reset);
      return;
    }
    const key = JSON.stringify(rig.topology);
    const kept = this.#kept.get(key);
    if (kept === undefined) this.#kept.set(key, [rig]);
    else kept.push(rig);
  }

  /** Returns the hosts of an unused rig to their source. */
  #freeHosts(): void {
    const rig = [...this.#kept.values()].find((rigs) => rigs.length > 0)?.pop();
    if (rig !== undefined) this.#takeApart(rig, true);
  }

  #takeApart({ hosts, plans }: Rig, reset: boolean): void {
    // Waiting for the kernel to unregister devices would take longer than all else.
    this.#reaper ??= new LinkReaper();
    const unlinked = this.#reaper.remove(plans.map(({ device }) => device)).then(() => reset);
    for (const host of hosts.values()) host.release(unlinked);
  }
}

/**
 * A driver that links hosts to the tester by veth pairs. Hosts and links that are as new after a scenario serve the next:
 * the kernel takes longer to make and unmake them than most scenarios run. Devices have no name outside of the tester's namespace and
 * the hosts', so none is left when the processes die, however they die.
 *
 * The tester's end answers for every address of a link's prefix but the SUT's. No ARP or neighbour discovery is on
 * the wire.
 *
 * @param worker which share of the address space is ours, 0..63: processes that share a tester namespace need
 *   different ones. Told by `VITEST_POOL_ID` unless given.
 * @throws TopologyError when the worker number makes no sense; building throws it outside of a tester namespace
 */
export function createVethDriver(source: HostSource, worker?: number): KeepingDriver {
  return new VethDriver(source, worker);
}
