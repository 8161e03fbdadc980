/** Is this process in a network namespace that the run made? Nothing may be sent from anywhere else. */
import { readFileSync, readlinkSync } from 'node:fs';

/** Environment variable that the launcher sets: the network namespace that it stood in, as `net:[inode]`. */
export const OUTSIDE_VARIABLE = 'MPTCP_CONFORMANCE_OUTSIDE';

const REMEDY = 'start it with `mptcp-conformance run`, or with the command that enterCommand() returns';

/** This process's network namespace, as the kernel names it: `net:[4026531840]`. */
export function networkNamespace(): string {
  return readlinkSync('/proc/self/ns/net');
}

function namespaceOfInit(): string | undefined {
  try {
    return readlinkSync('/proc/1/ns/net');
  } catch {
    // Not ours to read, or hidden: an ordinary user. The other checks stand on their own.
    return undefined;
  }
}

function hasDefaultRoute(): boolean {
  const ipv4 = readFileSync('/proc/self/net/route', 'utf8').split('\n').slice(1);
  // Columns: interface, destination, gateway, flags, refcnt, use, metric, mask.
  return ipv4.some((line) => {
    const columns = line.split(/\s+/);
    return columns[1] === '00000000' && columns[7] === '00000000';
  });
}

/**
 * Why packets must not be sent from this process, or `undefined` when they may: it runs in a network namespace other
 * than the one the launcher stood in and other than that of process 1, and that namespace has no way out.
 */
export function outsideProblem(): string | undefined {
  const here = networkNamespace();
  const outside = process.env[OUTSIDE_VARIABLE];
  if (outside === undefined) {
    return `network namespace ${here} was not made by this run (${OUTSIDE_VARIABLE} is not set): ${REMEDY}`;
  }
  if (outside === here || namespaceOfInit() === here) {
    return `network namespace ${here} is the machine's own, expected one made by the run: ${REMEDY}`;
  }
  if (hasDefaultRoute()) {
    return `network namespace ${here} has a default route, expected none: ${REMEDY}`;
  }
  return undefined;
}
