/** Topologies as files describe them. */
import { ExplainedError } from '../document/explained-error.ts';
import type { KernelTrouble } from './kernel-trouble.ts';

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
  /** Bytes; 1500 unless told. */
  mtu: number;
  /** Families with addresses on this link. */
  families: ('ipv4' | 'ipv6')[];
  toSut?: Shape;
  fromSut?: Shape;
  /** Middleboxes in the link, the first next to the host. The tester plays them, for any driver. */
  middleboxes?: readonly MiddleboxSpec[];
}

/** A topology file, loaded. */
export interface Topology {
  name: string;
  title: string;
  hosts: string[];
  links: LinkSpec[];
}

/** A cell could not be built: a fault of the harness or the machine. */
export class TopologyError extends ExplainedError {
  override readonly name = 'TopologyError';
  /** Trouble of the SUT's kernel meanwhile, if that is the cause. */
  readonly troubles: readonly KernelTrouble[];
  constructor(message: string, options?: ErrorOptions, troubles: readonly KernelTrouble[] = []) {
    super(message, options);
    this.troubles = troubles;
  }
}
