/** Lines that the kernel under test logged and traced. */

/** One line. */
export interface KernelLine {
  /** `dmesg`: the kernel's log; `trace`: an event of a tracepoint. */
  source: 'dmesg' | 'trace';
  /** Time of the line, milliseconds of the machine's clock; absent if unknown. */
  at?: number;
  text: string;
}

/** Sources watched in the kernel besides its log. */
export interface Watch {
  /** Tracepoints as ftrace's `set_event` has them: `mptcp:*`. */
  trace: readonly string[];
  /** Queries of dynamic debug: `file net/mptcp/* +p`. */
  dyndbg: readonly string[];
}

/** A record of /dev/kmsg: time since boot in milliseconds, and the text. See Documentation/ABI/testing/dev-kmsg. */
export function parseKmsg(record: string): { at: number; text: string } | undefined {
  const [, stamp, text] = /^\d+,\d+,(\d+),[^;]*;([^\n]*)/.exec(record) ?? [];
  return stamp === undefined || text === undefined ? undefined : { at: Number(stamp) / 1000, text };
}

/** A line of ftrace's `trace_pipe`: time in milliseconds of its clock, the event and its fields. */
export function parseTrace(line: string): { at: number; text: string } | undefined {
  const [, task, seconds, text] = /^\s*(.+?)-\d+\s+(?:\(.*?\)\s+)?\[\d+\]\s+\S+\s+(\d+\.\d+): (.*)$/.exec(line) ?? [];
  if (task === undefined || seconds === undefined || text === undefined) return undefined;
  return { at: Number(seconds) * 1000, text: `${text} [${task.trim()}]` };
}

/** Whether the kernel logged what the run itself does: it moves and renames the links of its cells. */
export function isOwnDoing(text: string): boolean {
  return /^(?:virtio_net|veth)\b.*: renamed from /.test(text);
}

/** The file that a scenario's lines of one source are kept in: seconds, then the text. */
export function kernelLog(lines: readonly KernelLine[], source: KernelLine['source'], begin: number): string {
  return lines
    .filter((line) => line.source === source)
    .map(({ at, text }) => `${at === undefined ? '' : `${(at - begin).toFixed(3)} `}${text}\n`)
    .join('');
}

/**
 * Carries times of one clock over to another that runs as fast. A message is never received before it was sent, so the
 * shortest way that one took is nearest to the clocks' difference.
 */
export class ClockOffset {
  #least = Infinity;

  /** A message with its time on the sender's clock came at this time of ours. Milliseconds. */
  learn(sent: number, received: number): void {
    this.#least = Math.min(this.#least, received - sent);
  }

  /** A time of the sender's, on our clock. */
  here(sent: number): number {
    return sent + (Number.isFinite(this.#least) ? this.#least : 0);
  }
}
