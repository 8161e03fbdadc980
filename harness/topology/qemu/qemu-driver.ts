/** The qemu driver: the SUT is any kernel, in a guest; each cell is a network namespace of the guest. */
import { join } from 'node:path';
import { connectAgent } from '../../sut/spawn-agent.ts';
import type { Agent } from '../../sut/types.ts';
import type { Sysctl } from '../../verdict/stack-info.ts';
import { IpBatch } from '../ip-batch.ts';
import { MOST_WORKERS, PREFIXES_PER_WORKER, cellLink, routeLines } from '../link-plan.ts';
import { freshDeviceName, nextPrefix } from '../numbers.ts';
import { isShaped } from '../shaping.ts';
import { settleEnd, settleLink, settleNamespace } from '../sut-settings.ts';
import { assertInsideTester, prepareTester } from '../tester-namespace.ts';
import type { BuildOptions, Cell, CellLink, Driver } from '../contract.ts';
import type { Watch } from '../kernel-lines.ts';
import { TopologyError, type Topology } from '../types.ts';
import { Guest, GuestRetired, type GuestDevice } from './guest.ts';
import type { GuestCell } from './guest-control.ts';
import { GUEST_HARDWARE_ADDRESS, TERMINAL_DEVICE, type GuestOptions } from './qemu-command.ts';

/** Options of the driver. */
export interface QemuOptions extends Omit<GuestOptions, 'taps' | 'terminal'> {
  /** Network devices of a guest: as many links can be in use at once. */
  devices?: number;
  /** Which share of the address space is ours, 0..63; told by `VITEST_POOL_ID` unless given. */
  worker?: number;
  /** Settings of the user's, for every namespace of the stack. */
  sysctls?: readonly Sysctl[] | undefined;
  /** Additional sources watched in the guests' kernel. */
  watch?: Watch | undefined;
  /** Folder for the sockets of the guests' terminals; they have none without it. */
  shellFolder?: string | undefined;
}

/** A guest that is only started takes 0.1 s longer for each. */
const DEVICES = 12;
/** A guest that is alone with one scenario. */
const DEVICES_ALONE = 4;
/** Factor on the agent's time limits where the processor is emulated. */
const TIME_SCALE = { kvm: 1, tcg: 3 } as const;
/** Limit for the end of an agent before the guest counts as lost, milliseconds. */
const END_MS = 25_000;
const BOOT_TRIES = 2;

interface QemuHost {
  agent: Agent;
  cell: GuestCell;
}

/** A driver whose guests' monitors can be spoken to, for tests of what happens when a kernel fails. */
export interface QemuDriverHandle extends Driver {
  /** Sends a command to QEMU's monitor of every guest, such as `nmi`. */
  monitor(command: string): void;
}

class QemuDriver implements QemuDriverHandle {
  readonly name = 'kernel';
  readonly #options: QemuOptions;
  readonly #firstPrefix: number;
  readonly #guests = new Set<Guest>();
  readonly #cells = new Set<Cell>();
  #current: Promise<Guest> | undefined;
  #batch: IpBatch | undefined;
  #hasBooted = false;
  /** Sockets of the guests' terminals. */
  readonly #terminals = new WeakMap<Guest, string>();
  #terminalCount = 0;
  /** Resolves when the last guest for one cell is gone. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: QemuOptions) {
    this.#options = options;
    const worker = options.worker ?? Number(process.env['VITEST_POOL_ID'] ?? 0);
    this.#firstPrefix = (worker % MOST_WORKERS) * PREFIXES_PER_WORKER;
  }

  problems(topology: Topology): string[] {
    const most = this.#options.devices ?? DEVICES;
    const tooMany =
      topology.links.length > most
        ? [`topology ${topology.name} has ${topology.links.length} links, a guest ${most} devices`]
        : [];
    return tooMany;
  }

  async build(topology: Topology, { alone = false }: BuildOptions = {}): Promise<Cell> {
    assertInsideTester();
    const problems = this.problems(topology);
    if (problems.length > 0) throw new TopologyError(problems.join('\n'));
    await prepareTester();
    for (;;) {
      const guest = alone ? await this.#private() : await this.#shared();
      try {
        const devices = await guest.lease(topology.links.length);
        return await this.#build(topology, guest, devices, alone);
      } catch (error) {
        // It failed under other cells' hands before this one had anything of it.
        if (!(error instanceof GuestRetired)) throw error;
      }
    }
  }

  monitor(command: string): void {
    for (const guest of this.#guests) guest.monitor(command);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#cells].map((cell) => cell.close()));
    await Promise.all([...this.#guests].map((guest) => guest.stop()));
    const batch = this.#batch;
    this.#batch = undefined;
    await batch?.close();
  }

  /** A guest for one cell; one such at a time, since each needs a processor to itself. */
  #private(): Promise<Guest> {
    const booted = this.#turn.then(() => this.#boot(DEVICES_ALONE));
    this.#turn = booted.then(
      (guest) => guest.gone,
      () => undefined,
    );
    return booted;
  }

  /** The guest that all cells share, started when there is none. */
  #shared(): Promise<Guest> {
    if (this.#current === undefined) {
      const booting = this.#boot(this.#options.devices ?? DEVICES);
      this.#current = booting;
      // A kernel that has never got up will not do so for the next scenario either.
      booting.catch(() => {
        if (this.#current === booting && this.#hasBooted) this.#current = undefined;
      });
    }
    return this.#current;
  }

  /** @throws TopologyError when the kernel does not get up in any of several tries */
  async #boot(count: number): Promise<Guest> {
    for (let tries = 1; ; tries += 1) {
      const taps = Array.from({ length: count }, () => freshDeviceName());
      try {
        const terminal = this.#nextTerminal();
        const options = { ...this.#options, taps, ...(terminal === undefined ? {} : { terminal }) };
        const guest = await Guest.boot(options, (retired) => this.#retired(retired));
        if (terminal !== undefined) this.#terminals.set(guest, terminal);
        this.#guests.add(guest);
        this.#hasBooted = true;
        if (this.#options.watch !== undefined) await guest.look(this.#options.watch);
        guest.offer(await this.#prepareTaps(taps));
        return guest;
      } catch (error) {
        if (tries === BOOT_TRIES) throw error;
      }
    }
  }

  #nextTerminal(): string | undefined {
    const { shellFolder } = this.#options;
    if (shellFolder === undefined) return undefined;
    this.#terminalCount += 1;
    return join(shellFolder, `terminal-${this.#terminalCount}`);
  }

  #retired(guest: Guest): void {
    void this.#current?.then(
      (current) => {
        if (current === guest) this.#current = undefined;
      },
      () => undefined,
    );
  }

  async #prepareTaps(taps: readonly string[]): Promise<GuestDevice[]> {
    this.#batch ??= new IpBatch();
    const devices: GuestDevice[] = [];
    for (const [index, tap] of taps.entries()) {
      const up = `link set dev ${tap} address ${GUEST_HARDWARE_ADDRESS} arp off up`;
      const failures = await this.#batch.run([up]);
      if (failures[0] !== undefined) throw new TopologyError(`tap ${tap}: ${failures[0].text}`);
      devices.push({ own: `eth${index}`, tap, prefix: await this.#route(this.#batch, tap) });
    }
    return devices;
  }

  /** Routes a free prefix to the tap, for as long as the tap exists. */
  async #route(batch: IpBatch, device: string): Promise<number> {
    for (let tries = 0; tries < PREFIXES_PER_WORKER; tries += 1) {
      const number = nextPrefix(this.#firstPrefix);
      const lines = routeLines({ device }, number);
      const failures = await batch.run(lines);
      if (failures.length === 0) return number;
      const other = failures.find(({ text }) => !text.includes('File exists'));
      if (other !== undefined) throw new TopologyError(`\`ip ${other.line}\` failed: ${other.text}`);
      await batch.run(lines.map((line) => line.replace('add', 'del')));
    }
    throw new TopologyError(`all ${PREFIXES_PER_WORKER} prefixes of this worker are in use`);
  }

  async #build(topology: Topology, guest: Guest, devices: GuestDevice[], alone: boolean): Promise<Cell> {
    const hosts = new Map<string, QemuHost>();
    const [seen, said] = [guest.troubles.length, guest.said];
    const socket = this.#terminals.get(guest);
    const links: CellLink[] = [];
    let closing: Promise<void> | undefined;
    const cell: Cell = {
      topology,
      agents: new Map(),
      links,
      troubles: () => guest.troubles.slice(seen),
      kernelLines: () => guest.kernelLines(said),
      ...(socket === undefined
        ? {}
        : {
            shell: {
              socket,
              start: async (size) => {
                const host = hosts.get(topology.hosts[0] ?? '');
                await host?.cell.shell(TERMINAL_DEVICE, size);
              },
            },
          }),
      close: () => {
        closing ??= this.#close(cell, guest, devices, hosts, alone);
        return closing;
      },
    };
    this.#cells.add(cell);
    try {
      const started = await Promise.allSettled(topology.hosts.map((name) => this.#startHost(name, guest, hosts)));
      const failed = started.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      (cell as { agents: Cell['agents'] }).agents = new Map([...hosts].map(([name, { agent }]) => [name, agent]));
      await this.#connect(topology, devices, hosts, links);
      return cell;
    } catch (cause) {
      await cell.close();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new TopologyError(
        `topology ${topology.name} cannot be built: ${why}`,
        { cause },
        guest.troubles.slice(seen),
      );
    }
  }

  async #startHost(name: string, guest: Guest, hosts: Map<string, QemuHost>): Promise<void> {
    const cell = guest.enter();
    try {
      const agent = await connectAgent(cell.transport, { name, timeScale: TIME_SCALE[this.#options.accelerator] });
      hosts.set(name, { agent, cell });
      await settleNamespace(agent, this.#options.sysctls);
    } finally {
      void cell.ended.then(() => guest.leave());
    }
  }

  async #connect(
    topology: Topology,
    devices: readonly GuestDevice[],
    hosts: ReadonlyMap<string, QemuHost>,
    links: CellLink[],
  ): Promise<void> {
    await Promise.all(
      topology.links.map(async (spec, index) => {
        const device = devices[index];
        const host = hosts.get(spec.host);
        if (device === undefined || host === undefined)
          throw new TopologyError(`link ${spec.name} has no device or host`);
        await host.cell.lend(device.own, spec.name);
        const link = cellLink({ spec, device: device.tap }, device.prefix);
        links[index] = link;
        await settleLink(host.agent, link);
        const failures = (await this.#batch?.run([`link set dev ${device.tap} mtu ${spec.mtu}`])) ?? [];
        if (failures[0] !== undefined) throw new TopologyError(`tap ${device.tap}: ${failures[0].text}`);
        // The tester shapes both ways; a guest's kernel could do but one, and only where it has netem.
        if (isShaped(spec)) link.shapedByTester = true;
      }),
    );
  }

  async #close(
    cell: Cell,
    guest: Guest,
    devices: GuestDevice[],
    hosts: ReadonlyMap<string, QemuHost>,
    alone: boolean,
  ): Promise<void> {
    const timer = setTimeout(() => guest.kill(`did not end an agent within ${END_MS / 1000} s`), END_MS);
    await Promise.all(
      [...hosts.values()].map(async (host) => {
        await settleEnd(host.agent);
        await host.agent.close();
        await host.cell.ended;
      }),
    );
    clearTimeout(timer);
    guest.offer(devices);
    this.#cells.delete(cell);
    if (alone) await guest.stop();
    if (guest.isRetired) this.#guests.delete(guest);
  }
}

/**
 * A driver whose SUT is a kernel in a guest of QEMU, which shares nothing with the machine's kernel but the taps in
 * the tester's namespace. One guest carries many cells, each with an agent in a network namespace of its own. A guest
 * whose kernel shows trouble gets no new cells; the next cell starts another guest.
 */
export function createQemuDriver(options: QemuOptions): QemuDriverHandle {
  return new QemuDriver(options);
}
