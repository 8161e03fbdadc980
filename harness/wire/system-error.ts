/** Explains a failed system call of the wire, with a remedy. */
import { WireError } from './types.ts';

/** The addon hands on strerror()'s text only; code and remedy by that text. */
const KNOWN: Readonly<Record<string, readonly [code: string, remedy: string]>> = {
  'Operation not permitted': ['EPERM', 'run inside the tester namespace (enterCommand), which gives CAP_NET_RAW'],
  'No such device': ['ENODEV', 'the link does not exist: open the port after build and before close'],
  'No such device or address': ['ENXIO', 'the link does not exist: open the port after build and before close'],
  'Network is unreachable': [
    'ENETUNREACH',
    'table 100 has no route for the link: call prepareTester() and build first',
  ],
  'Network is down': ['ENETDOWN', 'set the link up before sending'],
  'Invalid argument': ['EINVAL', "the packet or an address is not of the port's family"],
  'Message too long': [
    'EMSGSIZE',
    "the packet is longer than the link's MTU: send less or raise `mtu` in the topology",
  ],
  'No buffer space available': ['ENOBUFS', "the link's queue is full: await send() before sending more"],
  'Resource temporarily unavailable': ['EAGAIN', "the socket's send buffer is full: await send() before sending more"],
  'Too many open files': ['EMFILE', 'raise the limit of open files (ulimit -n) or lower the number of workers'],
  'Cannot assign requested address': ['EADDRNOTAVAIL', 'call prepareTester() first: lo has no address'],
};

/** Text that the addon's error carries when nothing is there to read. */
export const NOTHING_TO_READ = 'Resource temporarily unavailable';

/**
 * Makes a WireError of what the addon threw.
 *
 * @param doing what failed, with the link's and device's names
 */
export function wireError(doing: string, cause: unknown): WireError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = KNOWN[text];
  const detail = known === undefined ? text : `${text} (${known[0]}); ${known[1]}`;
  return new WireError(`${doing}: ${detail}`, { cause });
}
