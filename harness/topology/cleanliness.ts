/** Checks from outside whether a host's network namespace is as clean as a new one. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Protocols whose sockets would outlive their scenario. */
const PROTOCOLS = ['TCP', 'TCPv6', 'MPTCP', 'MPTCPv6'];
/** Time that the kernel may take to free sockets after their reset, and between looks; milliseconds. There is no event. */
const PATIENCE_MS = 300;
const LOOK_AGAIN_MS = 3;

/** Living sockets by protocol, of the namespace of process `pid`. */
function socketsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/net/protocols`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [protocol = '', , count = '0'] = line.trim().split(/\s+/);
      return PROTOCOLS.includes(protocol) && count !== '0' ? [`${count} ${protocol}`] : [];
    });
}

/** Connections of the namespace of process `pid` that only wait for late packets, and keep their port from being bound. */
function waitingOf(pid: number): number {
  return Number(/^TCP:.* tw (\d+)/m.exec(readFileSync(`/proc/${pid}/net/sockstat`, 'utf8'))?.[1] ?? 0);
}

/** Devices of the namespace of process `pid` beside the loopback and those that kernels put in every namespace. */
function devicesOf(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n').slice(2);
  return lines.map((line) => line.split(':')[0]?.trim() ?? '').filter((name) => name !== '');
}

/** The parts of a namespace that remain from cell to cell. */
export interface Cleanliness {
  devices: readonly string[];
}

/** Records the contents of a namespace before its first use. */
export function asNew(pid: number): Cleanliness {
  return { devices: devicesOf(pid) };
}

/** Leftovers in the namespace; undefined when there are none. Waits for those that are being freed. */
export async function leftIn(pid: number, before: Cleanliness): Promise<string | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const devices = devicesOf(pid).filter((name) => !before.devices.includes(name));
    const waiting = waitingOf(pid);
    const left = [
      ...(waiting === 0 ? [] : [`${waiting} connections in TIME_WAIT`]),
      ...socketsOf(pid).map((one) => `${one} sockets`),
      ...devices.map((name) => `device ${name}`),
    ];
    if (left.length === 0) return undefined;
    if (performance.now() > deadline) return left.join(', ');
    await delay(LOOK_AGAIN_MS);
  }
}
