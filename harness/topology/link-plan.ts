/** Names, addresses and `ip` lines of a link made of a veth pair. Pure. */
import { canonicalAddress } from '../packet/index.ts';
import { LINK_TABLE } from './tester-namespace.ts';
import type { CellLink } from './contract.ts';
import type { LinkSpec } from './types.ts';

/** Prefixes that one worker has to itself. */
export const PREFIXES_PER_WORKER = 1020;
/** Workers that can share a tester namespace. The last prefixes of 10.0.0.0/8 stay free for the tester itself. */
export const MOST_WORKERS = 64;

/**
 * Both ends of a link carry this hardware address and have ARP off: each then takes its own address for the other's,
 * and no ARP or neighbour discovery is ever on the wire, whichever addresses the packets bear.
 */
const HARDWARE_ADDRESS = '02:00:00:00:00:01';

/** A link about to be built. */
export interface LinkPlan {
  spec: LinkSpec;
  /** The tester's device, at most 15 bytes, never used twice in a process. */
  device: string;
}

/** Network addresses of a link, by the number of its prefix. */
export function prefixesOf(number: number): { ipv4: string; ipv6: string } {
  return { ipv4: `10.${number >> 8}.${number & 0xff}.`, ipv6: `fd00:0:0:${number.toString(16)}::` };
}

/**
 * Name of a tester's device: unique in the namespace, because process ids are and the count is within a process.
 *
 * @param count how many devices the process has named before
 */
export function deviceName(pid: number, count: number): string {
  return `m${pid.toString(36)}-${count.toString(36)}`;
}

/** The line that makes the pair, its far end in the namespace of process `pid`. */
export function pairLine(plan: LinkPlan, pid: number): string {
  const end = `mtu ${plan.spec.mtu} address ${HARDWARE_ADDRESS} arp off`;
  return `link add name ${plan.device} ${end} up type veth peer name ${plan.spec.name} ${end} netns ${pid}`;
}

/** The lines that lead marked packets for the prefix to the link. */
export function routeLines(plan: Pick<LinkPlan, 'device'>, number: number): string[] {
  const { ipv4, ipv6 } = prefixesOf(number);
  const to = `dev ${plan.device} table ${LINK_TABLE}`;
  return [`route add ${ipv4}0/24 ${to}`, `route add ${ipv6}/64 ${to}`];
}

/** The link as the rest of the suite sees it. */
export function cellLink(plan: LinkPlan, number: number): CellLink {
  const { ipv4, ipv6 } = prefixesOf(number);
  return {
    spec: plan.spec,
    device: plan.device,
    sutDevice: plan.spec.name,
    tester: { ipv4: `${ipv4}1`, ipv6: canonicalAddress(`${ipv6}1`) },
    sut: { ipv4: `${ipv4}2`, ipv6: canonicalAddress(`${ipv6}2`) },
    prefix: { ipv4: 24, ipv6: 64 },
  };
}
