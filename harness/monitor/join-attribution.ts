/** Attributes a join to a connection, and to the side that it is sent to. */
import type { Packet } from '../packet/types.ts';
import { other, type Connection, type Side } from './connection.ts';
import type { TokenTable } from './handshake.ts';

/** The input of the attribution. */
export interface JoinSettings {
  /** Every packet is there, in the order in which one end saw them. */
  complete: boolean;
  /** Distinguishes the addresses of one host from all others, if known. */
  isHost?: ((address: string) => boolean) | undefined;
}

/** The connection that a join is sent to. */
export interface JoinTarget {
  connection: Connection;
  /** The side that the join is sent to. */
  side: Side;
}

/** The connections of a capture by token, and those that are known by joins alone. */
export class JoinAttribution {
  /** Filled by the handshakes. */
  readonly tokens: TokenTable = new Map();
  readonly #orphans = new Map<number, Connection>();
  readonly #settings: JoinSettings;

  constructor(settings: JoinSettings) {
    this.#settings = settings;
  }

  /** The connection that the SYN of a join opens a subflow of; undefined where unknown. */
  targetOf(token: number, packet: Packet): JoinTarget | undefined {
    const owners = this.tokens.get(token) ?? [];
    const owner =
      owners.findLast(({ connection, side }) => hasAddress(connection, side, packet.ip.dst)) ?? owners.at(-1);
    if (owner === undefined) return undefined;
    const side = this.#sideOf(owner.connection, owner.side, packet);
    return side === undefined ? undefined : { connection: owner.connection, side };
  }

  /** The connection of joins with a token whose handshake is not in the capture. */
  orphanOf(token: number, create: () => Connection): Connection {
    const known = this.#orphans.get(token) ?? create();
    this.#orphans.set(token, known);
    return known;
  }

  /** A connection is over: no join goes there any more. */
  forget(connection: Connection): void {
    for (const { token } of connection.parties) {
      if (token === undefined) continue;
      const rest = (this.tokens.get(token) ?? []).filter((owner) => owner.connection !== connection);
      if (rest.length > 0) this.tokens.set(token, rest);
      else this.tokens.delete(token);
    }
    for (const { join } of connection.flows) {
      if (join.token !== undefined && this.#orphans.get(join.token) === connection) this.#orphans.delete(join.token);
    }
  }

  /**
   * The side that a join is sent to: mostly the one whose token it has, but a host may send its own token by mistake.
   * Undefined where all of a connection's packets are known and the join is to and from none of its addresses: a tester
   * may send any token to any address.
   */
  #sideOf(connection: Connection, owner: Side, { ip }: Packet): Side | undefined {
    const { isHost } = this.#settings;
    if (isHost !== undefined && isHost(ip.src) !== isHost(ip.dst)) {
      const hosts = ([0, 1] as const).filter((side) =>
        [...connection.parties[side].addresses.values()].some((set) => [...set].some(isHost)),
      );
      const [host] = hosts;
      if (hosts.length === 1 && host !== undefined) return isHost(ip.dst) ? host : other(host);
    }
    const knows = (side: Side): boolean => hasAddress(connection, side, ip.dst) || hasAddress(connection, side, ip.src);
    if (this.#settings.complete && !knows(0) && !knows(1)) return undefined;
    const own = onlyOf(connection, owner, ip.src) || onlyOf(connection, other(owner), ip.dst);
    return own ? other(owner) : owner;
  }
}

function hasAddress(connection: Connection, side: Side, address: string): boolean {
  for (const known of connection.parties[side].addresses.values()) if (known.has(address)) return true;
  return false;
}

/** Whether an address is known to be of this side and of this side only. */
function onlyOf(connection: Connection, side: Side, address: string): boolean {
  return hasAddress(connection, side, address) && !hasAddress(connection, other(side), address);
}
