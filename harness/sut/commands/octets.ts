/** Commands of the agent's protocol: bytes that are sent and received. */
import { COUNT, flag, listOf, needed, number, numberOr, PORT, text, TIMEOUT, type CommandRow } from './kinds.ts';

/** The commands, by name. */
export const BYTES_COMMANDS = {
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
    does: 'Sends the bytes `hex=`, or `fill=<n>` bytes of the pattern. Waits until the kernel has accepted all of them; with `nowait=1` it tries once and may send less. Answers `sent=`. `flags=` is a list of `oob`, `more`, `fastopen`, joined by commas; `fastopen` needs `addr=` and `port=`.',
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
    does: 'Waits for `bytes=<n>` bytes or the end of the stream, with `eof=1` for the end, otherwise for any data or the end. `flags=` is a list of `peek`, `oob`; with these it reads once.',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
