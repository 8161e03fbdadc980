/** Two hosts whose links all lead to the tester, and what they need so that their packets find the way. */
import type { Agent } from '../sut/types.ts';
import type { Cell, CellLink, Driver } from '../topology/contract.ts';
import type { Topology } from '../topology/types.ts';
import type { Family } from '../packet/types.ts';

/** The role of the host. */
export type Side = 'client' | 'server';

/** One of the two stacks, with its links. */
export interface Host {
  side: Side;
  agent: Agent;
  cell: Cell;
  links: readonly CellLink[];
}

/** Both stacks. */
export interface Pair {
  client: Host;
  server: Host;
  close(): Promise<void>;
}

/** Routing tables of the links, one each, beside the main table. */
const FIRST_TABLE = 1001;

/** The part of a topology that one host sees. Each host is a cell of its own, so that two drivers can make a pair. */
function topologyOf(topology: Topology, side: Side): Topology {
  if (!topology.hosts.includes(side)) {
    throw new Error(`topology ${topology.name} has the hosts ${topology.hosts.join(', ')}, expected client and server`);
  }
  return { ...topology, hosts: [side], links: topology.links.filter((link) => link.host === side) };
}

/**
 * Builds both hosts.
 *
 * @param drivers one for each side; the same one for a pair of the same kind
 * @throws TopologyError
 */
export async function buildPair(
  topology: Topology,
  drivers: Readonly<Record<Side, Driver>>,
  family: Family,
): Promise<Pair> {
  const built = await Promise.allSettled(
    (['client', 'server'] as const).map((side) => buildHost(topology, side, drivers[side], family)),
  );
  const [client, server] = built.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const close = async (): Promise<void> => {
    await Promise.all([client?.cell.close(), server?.cell.close()]);
  };
  if (client === undefined || server === undefined) {
    await close();
    throw built.find((one) => one.status === 'rejected')?.reason;
  }
  return { client, server, close };
}

async function buildHost(topology: Topology, side: Side, driver: Driver, family: Family): Promise<Host> {
  const part = topologyOf(topology, side);
  const problems = driver.problems(part);
  if (problems.length > 0) throw new Error(problems.join('; '));
  const cell = await driver.build(part);
  try {
    const agent = cell.agents.get(side);
    if (agent === undefined) throw new Error(`host ${side} has no agent`);
    const host: Host = { side, agent, cell, links: cell.links };
    for (const link of cell.links) await routeLink(host, link, family);
    return host;
  } catch (error) {
    await cell.close();
    throw error;
  }
}

/** The link of a host by name. @throws Error */
export function linkOf(host: Host, name: string): CellLink {
  const link = host.links.find((one) => one.spec.name === name);
  if (link === undefined)
    throw new Error(
      `the ${host.side} has no link "${name}"; it has ${host.links.map((one) => one.spec.name).join(', ')}`,
    );
  return link;
}

/**
 * Leads what a link's address says out by that link, and everything else by the first link that is there. The
 * order of the links is the order of preference.
 */
async function routeLink({ agent, links }: Host, link: CellLink, family: Family): Promise<void> {
  const index = links.indexOf(link);
  const table = FIRST_TABLE + index;
  const dev = link.sutDevice;
  await agent.request('route-add', { dst: 'default', dev, table, family, replace: 1 });
  await agent.request('route-add', { dst: 'default', dev, metric: 100 + index, family, replace: 1 });
  await agent.request('rule-add', { table, from: link.sut[family], priority: table, family });
}

/** Sets a link down at the host, as if a cable is pulled at its end: IPv6 addresses and all routes are lost. */
export async function unplug({ agent }: Host, link: CellLink): Promise<void> {
  await agent.request('link-up', { dev: link.sutDevice, up: 0 });
}

/** Sets a link up again, with its address and routes. */
export async function plugIn(host: Host, link: CellLink, family: Family): Promise<void> {
  const { agent, links } = host;
  const dev = link.sutDevice;
  await agent.request('link-up', { dev });
  if (family === 'ipv6') await agent.request('addr-add', { dev, addr: `${link.sut[family]}/${link.prefix[family]}` });
  const table = FIRST_TABLE + links.indexOf(link);
  await agent.request('route-add', { dst: 'default', dev, table, family, replace: 1 });
  await agent.request('route-add', { dst: 'default', dev, metric: 100 + links.indexOf(link), family, replace: 1 });
}

/** Removes an address from a host, and its endpoint. */
export async function removeAddress(
  { agent }: Host,
  link: CellLink,
  family: Family,
  endpoint: number | undefined,
): Promise<void> {
  await agent.request('addr-del', { dev: link.sutDevice, addr: `${link.sut[family]}/${link.prefix[family]}` });
  if (endpoint !== undefined) await agent.request('endpoint-del', { id: endpoint, addr: link.sut[family] });
}

/** Restores a removed address, with its routes. */
export async function restoreAddress(host: Host, link: CellLink, family: Family): Promise<void> {
  await host.agent.request('addr-add', { dev: link.sutDevice, addr: `${link.sut[family]}/${link.prefix[family]}` });
  const table = FIRST_TABLE + host.links.indexOf(link);
  await host.agent.request('route-add', { dst: 'default', dev: link.sutDevice, table, family, replace: 1 });
  await host.agent.request('route-add', {
    dst: 'default',
    dev: link.sutDevice,
    metric: 100 + host.links.indexOf(link),
    family,
    replace: 1,
  });
}
