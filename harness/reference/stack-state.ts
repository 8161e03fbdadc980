/** The state of a whole stack. */
import type { Packet } from '../packet/index.ts';
import type { Endpoint } from './calls.ts';
import type { Connection, Device, Socket, Subflow } from './control-blocks.ts';

export type * from './control-blocks.ts';

/** State that all parts of the stack share and that rules may read. */
export interface StackState {
  readonly random: (bytes: number) => Uint8Array;
  now: number;
  devices: Device[];
  routes: { destination: string; prefix: number; device: string; source?: string }[];
  sysctls: Map<string, string>;
  limits: { subflows: number; addAddrAccepted: number };
  endpoints: Endpoint[];
  sockets: Map<number, Socket>;
  connections: Set<Connection>;
  /** By 4-tuple. */
  byTuple: Map<string, Subflow>;
  byToken: Map<number, Connection>;
  listeners: Socket[];
  counters: Map<string, number>;
  /** Fast Open cookies of peers, by address. */
  cookies: Map<string, Uint8Array>;
  secret: Uint8Array;
  connectionsMade: number;
  send: (device: string, packet: Packet) => void;
}
