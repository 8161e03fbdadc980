/** Deletes devices in the background, many at a time. */
import { IpBatch } from './ip-batch.ts';
import type { LineFailure } from './ip-batch.ts';
import { TopologyError } from './types.ts';

/** The devices may have gone with the far end's namespace. */
function isGone({ text }: LineFailure): boolean {
  return /Cannot find device|No such device/.test(text);
}

/**
 * Removes devices in the order of request, in a process of its own. The kernel takes some 25 ms to unregister one
 * device and no longer for a group of them, so what comes in meanwhile goes together.
 */
export class LinkReaper {
  readonly #batch = new IpBatch();
  readonly #group = process.pid + 0x10000;
  readonly #failures: LineFailure[] = [];
  #lost: Error | undefined;
  #waiting: { devices: readonly string[]; removed: () => void }[] = [];
  #work: Promise<void> | undefined;

  /** Removes the devices soon. Resolves when they are gone or could not be removed, which `close` tells. */
  remove(devices: readonly string[]): Promise<void> {
    return new Promise((removed) => {
      this.#waiting.push({ devices, removed });
      this.#work ??= this.#empty();
    });
  }

  /**
   * Waits until all is removed.
   *
   * @throws TopologyError when a device could not be removed
   */
  async close(): Promise<void> {
    await this.#work;
    await this.#batch.close();
    if (this.#lost !== undefined) throw this.#lost;
    const [first] = this.#failures;
    if (first !== undefined) {
      throw new TopologyError(`\`ip ${first.line}\` failed: ${first.text}`);
    }
  }

  async #empty(): Promise<void> {
    while (this.#waiting.length > 0) {
      const requests = this.#waiting.splice(0);
      const lines = requests.flatMap(({ devices }) =>
        devices.map((device) => `link set dev ${device} group ${this.#group}`),
      );
      try {
        const failures = await this.#batch.run([...lines, `link del group ${this.#group}`]);
        this.#failures.push(...failures.filter((failure) => !isGone(failure)));
      } catch (error) {
        this.#lost ??= error instanceof Error ? error : new TopologyError(String(error));
      }
      for (const { removed } of requests) removed();
    }
    this.#work = undefined;
  }
}
