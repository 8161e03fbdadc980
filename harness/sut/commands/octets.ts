/** Commands of the agent's protocol: octets that are sent and received. */
import { COUNT, flag, listOf, needed, number, numberOr, PORT, text, TIMEOUT, type CommandRow } from './kinds.ts';

/** The commands, by name. */
export const OCTETS_COMMANDS = {
  send: {
    group: 'octets',
    args: {
      fd: needed(text),
      hex: text,
      fill: number(0, 2 ** 40),
      offset: number(0, 2 ** 52),
      flags: listOf('oob', 'more', 'fastopen'),
      addr: text,
      port: PORT,
      nowait: flag,
      timeout: TIMEOUT,
    },
    answers: { sent: COUNT },
    waits: true,
    suites: { socket: 'conn' },
    does: 'Sends the octets `hex=`, or `fill=<n>` octets of the pattern. Waits until the kernel has taken all; with `nowait=1` it tries once and may send less. Answers `sent=`. `flags=` is a list of `oob`, `more`, `fastopen`, joined by commas; `fastopen` needs `addr=` and `port=`.',
  },
  recv: {
    group: 'octets',
    args: {
      fd: needed(text),
      bytes: number(1, 2 ** 40),
      eof: flag,
      offset: number(0, 2 ** 52),
      flags: listOf('peek', 'oob'),
      show: number(0, 1024),
      timeout: TIMEOUT,
    },
    answers: { bytes: COUNT, eof: flag, pattern: numberOr('ok'), digest: text, hex: text },
    waits: true,
    suites: { socket: 'conn' },
    does: 'Waits for `bytes=<n>` octets or the end of the stream; with `eof=1` for the end; else for whatever comes first. `flags=` is a list of `peek`, `oob`; these read once.',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
