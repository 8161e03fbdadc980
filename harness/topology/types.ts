/** Topologies as files describe them, and what a driver makes of one. */
import type { Clock } from '../clock/clock.ts';
import type { Randomness } from '../clock/random.ts';
import type { Agent } from '../sut/types.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import type { KernelTrouble } from './qemu/console-watch.ts';

/** Traffic shaping of one direction of a link. Absent fields do not shape. */
export interface Shape {
  /** Bits a second. */
  rate?: number;
  /** One-way delay, milliseconds. */
  delay?: number;
  /** Loss probability, 0..1. */
  loss?: number;
}

/** Ways of a link: `up` is from the host that it belongs to. */
export type WayWord = 'up' | 'down' | 'both';

/** One middlebox as files describe it; one of the keys is there. `suites/schema/middlebox.schema.json` says what each means. */
export interface MiddleboxSpec {
  nat?: true;
  strip?: { way?: WayWord; on?: 'syn' | 'after-syn' | 'all'; options?: string[]; from?: string };
  isn?: { up?: number; down?: number };
  split?: { at: number };
  merge?: { 'up-to': number };
  rewrite?: { way: WayWord; after: string; insert?: number; times?: number };
  'early-ack'?: { way: WayWord };
  firewall?: { drop: 'joins' | 'mptcp-syns' };
}

/** One link between the tester and a SUT host. */
export interface LinkSpec {
  name: string;
  /** Name of the SUT host at the far end. */
  host: string;
  /** Octets; 1500 unless told. */
  mtu: number;
  /** Families with addresses on this link. */
  families: ('ipv4' | 'ipv6')[];
  toSut?: Shape;
  fromSut?: Shape;
  /** What stands in the link, the first next to the host. The tester plays it, whatever the driver. */
  middleboxes?: readonly MiddleboxSpec[];
}

/** A topology file, loaded. */
export interface Topology {
  name: string;
  title: string;
  hosts: string[];
  links: LinkSpec[];
}

/** Both ends of a built link. */
export interface CellLink {
  spec: LinkSpec;
  /** The tester's device. */
  device: string;
  /** The SUT's device, as the SUT names it. */
  sutDevice: string;
  /** The link's shape is left to whoever opens a port on it: nothing below does it. */
  shapedByTester?: true;
  /** Opens the tester's port where the link is in memory: there is no device. */
  open?: (family: 'ipv4' | 'ipv6', onPacket: (packet: WirePacket) => void) => WirePort;
  /** Addresses by family, text form. The tester also answers for every other address of the prefix. */
  tester: { ipv4: string; ipv6: string };
  sut: { ipv4: string; ipv6: string };
  /** Prefix lengths. */
  prefix: { ipv4: number; ipv6: number };
}

/** A topology built once, for one scenario. */
export interface Cell {
  topology: Topology;
  /** The agent of each host, by host name. */
  agents: ReadonlyMap<string, Agent>;
  links: CellLink[];
  /** The time that the cell's packets and agents go by; the machine's unless told. */
  clock?: Clock;
  /** Where the tester takes random numbers from; the machine's unless told. */
  random?: Randomness;
  /** What the SUT's kernel complained of since the cell was begun, where the driver can tell; complete after `close`. */
  troubles?(): readonly KernelTrouble[];
  /** Takes everything down. Idempotent; never throws. */
  close(): Promise<void>;
}

/** What a cell is asked for. */
export interface BuildOptions {
  /** Nothing else shares the SUT's kernel, where that can be had: what it complains of is this cell's doing. */
  alone?: boolean;
  /** What the cell is for, where the driver makes random numbers by a seed: the same purpose gives the same ones. */
  purpose?: string;
}

/** A way to make SUT hosts and links. */
export interface Driver {
  readonly name: string;
  /** What of this topology the driver cannot do, one line each; empty when it can do all. */
  problems(topology: Topology): string[];
  /** Builds the topology. Many cells may exist at once. @throws TopologyError */
  build(topology: Topology, options?: BuildOptions): Promise<Cell>;
  /** Frees what the driver holds. */
  close(): Promise<void>;
}

/** A cell could not be built: a fault of the harness or the machine. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** What the SUT's kernel complained of meanwhile, where that is why. */
  readonly troubles: readonly KernelTrouble[];
  constructor(message: string, options?: ErrorOptions, troubles: readonly KernelTrouble[] = []) {
    super(message, options);
    this.troubles = troubles;
  }
}
