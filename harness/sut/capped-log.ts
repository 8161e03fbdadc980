/** Log of a conversation with an agent, with a limit: an agent may write without end. */
import type { AgentLogLine } from './types.ts';

/** Characters of a log, with 64 for each line. */
export const LOG_LIMIT = 8 * 1024 * 1024;
/** Characters of one line. The longest true answer, all counters, has 20,000. */
export const LINE_LIMIT = 64 * 1024;

/** Lines in the order in which they were added. What does not fit is left out, and the last line says so. */
export class CappedLog {
  readonly #lines: AgentLogLine[] = [];
  #size = 0;
  #isFull = false;

  /** All that was kept. */
  get lines(): readonly AgentLogLine[] {
    return this.#lines;
  }

  /** Adds a line, or nothing once the log is full. */
  add(line: AgentLogLine): void {
    if (this.#isFull) return;
    // An empty line takes memory too.
    this.#size += Math.min(line.text.length, LINE_LIMIT) + 64;
    if (this.#size > LOG_LIMIT) {
      this.#isFull = true;
      this.#lines.push({ ...line, text: `(the log is full at ${LOG_LIMIT} characters: the rest is left out)` });
    } else this.#lines.push(line.text.length > LINE_LIMIT ? { ...line, text: cut(line.text) } : line);
  }
}

function cut(text: string): string {
  return `${text.slice(0, LINE_LIMIT)} (${text.length - LINE_LIMIT} characters more are left out)`;
}
