/** Requests that wait for their answers. */
import type { AgentAnswer } from './types.ts';

/** One request that waits. */
export interface PendingRequest {
  command: string;
  resolve(answer: AgentAnswer): void;
  reject(error: Error): void;
}

/** Requests by id, each with its time limit. */
export class PendingRequests {
  readonly #waiting = new Map<string, PendingRequest & { timer: NodeJS.Timeout }>();

  /** Adds a request; `late` is called once when no answer came within `limitMs`. */
  add(id: string, command: string, limitMs: number, late: () => void): Promise<AgentAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { command, resolve, reject, timer: setTimeout(late, limitMs) });
    });
  }

  /** Removes and returns the request of this id; undefined if none waits. */
  take(id: string): PendingRequest | undefined {
    const request = this.#waiting.get(id);
    if (request === undefined) return undefined;
    clearTimeout(request.timer);
    this.#waiting.delete(id);
    return request;
  }

  /** Rejects all with the same error. */
  rejectAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.take(id)?.reject(error);
  }
}
