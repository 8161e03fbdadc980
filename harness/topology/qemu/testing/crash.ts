/** Breaks a guest's kernel under two cells and says, in JSON, what became of them. Started in a tester's namespace. */
import { join } from 'node:path';
import { AgentLost } from '../../../sut/types.ts';
import { findTopology } from '../../load.ts';
import type { Cell } from '../../contract.ts';
import { createQemuDriver, type QemuOptions } from '../qemu-driver.ts';

const options = JSON.parse(process.env['MPTCP_CONFORMANCE_GUEST'] ?? '{}') as QemuOptions;
const topology = findTopology(join(import.meta.dirname, '..', '..', '..', '..', 'topologies'), 'two-links');
const driver = createQemuDriver({ ...options, append: 'unknown_nmi_panic', devices: 4 });

const bootId = async (cell: Cell): Promise<string> =>
  (await agentOf(cell).request('sysctl-get', { name: 'kernel.random.boot_id' }))['value'] ?? '';

function agentOf(cell: Cell): NonNullable<ReturnType<Cell['agents']['get']>> {
  const [agent] = cell.agents.values();
  if (agent === undefined) throw new Error('no agent');
  return agent;
}

const startedAt = performance.now();
const cells = await Promise.all([driver.build(topology), driver.build(topology)]);
const upAfterMs = performance.now() - startedAt;
const namespaces = await Promise.all(cells.map((cell) => agentOf(cell).request('link-get', { dev: 'b' })));
const first = await Promise.all(cells.map(bootId));
const waiting = cells.map((cell) =>
  agentOf(cell)
    .request('socket', { family: 'ipv4' })
    .then(() => agentOf(cell).request('accept', { fd: '1', timeout: 30_000 }))
    .then(
      () => 'answered',
      (error: unknown) => (error instanceof AgentLost ? 'lost' : String(error)),
    ),
);
driver.monitor('nmi');
const third = driver.build(topology);
const lost = await Promise.all(waiting);
await Promise.all(cells.map((cell) => cell.close()));
const troubles = cells.map((cell) =>
  cell.troubles?.().map(({ kind, title, console }) => ({ kind, title, lines: console.length })),
);
const fresh = await third;
const next = { bootId: await bootId(fresh), troubles: fresh.troubles?.().length };
await fresh.close();
const alone = await driver.build(topology, { alone: true });
const other = await bootId(alone);
await alone.close();
await driver.close();
console.log(
  JSON.stringify({ upAfterMs, devices: namespaces.map(({ dev }) => dev), first, lost, troubles, next, other }),
);
