/** Builds three cells, opens ports, says who and where it is, and waits to be killed. Runs inside a tester namespace. */
import { readlinkSync } from 'node:fs';
import { listen, newDriver, reached, topology } from './lab.ts';

const driver = newDriver();
const cells = await Promise.all(Array.from({ length: 3 }, () => driver.build(topology('two-links'))));
const links = cells.flatMap((cell) => cell.links);
await Promise.all(links.map((link) => reached(listen(link, 'ipv4').port)));
const agents = cells.flatMap((cell) => [...cell.agents.values()].map((agent) => agent.pid));
console.log(
  JSON.stringify({
    pids: [process.pid, ...agents],
    namespaces: ['self', ...agents].map((pid) => readlinkSync(`/proc/${pid}/ns/net`)),
    devices: links.map((link) => link.device),
  }),
);
