/** Deletes devices behind the scenes, many at a time. */
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
  #waiting: string[] = [];
  #work: Promise<void> | undefined;

  /** Removes the devices soon. */
  remove(devices: readonly string[]): void {
    this.#waiting.push(...devices);
    this.#work ??= this.#empty();
  }

  /**
   * Waits until all is removed.
   *
   * @throws TopologyError when a device could not be removed
   */
  async close(): Promise<void> {
    await this.#work;
    await this.#batch.close();
    const [first] = this.#failures;
    if (first !== undefined) {
      throw new TopologyError(`\`ip ${first.line}\` failed: ${first.text}`);
    }
  }

  async #empty(): Promise<void> {
    while (this.#waiting.length > 0) {
      const devices = this.#waiting.splice(0);
      const lines = devices.map((device) => `link set dev ${device} group ${this.#group}`);
      const failures = await this.#batch.run([...lines, `link del group ${this.#group}`]);
      this.#failures.push(...failures.filter((failure) => !isGone(failure)));
    }
    this.#work = undefined;
  }
}
