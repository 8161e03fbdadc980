/** SUT hosts that are started when needed, put back as they were after each cell, and used again. */
import type { SpawnedAgent } from '../sut/spawn-agent.ts';
import { asNew, leftIn, type Cleanliness } from './cleanliness.ts';
import { settleEnd, settleNamespace } from './sut-settings.ts';
import type { Host, HostSource } from './veth-driver.ts';

/** A host that can serve. */
interface Member {
  agent: SpawnedAgent;
  clean: Cleanliness;
}

/** Where hosts begin. */
export interface HostOrigin {
  /** Name of the driver that this makes. */
  readonly name: string;
  /** Starts a host; its agent has greeted, from a network namespace on this machine that is not the tester's. */
  start(name: string): Promise<SpawnedAgent>;
  /** Frees what hosts come from, when all of them have ended. */
  close?(): Promise<void>;
}

/** The pool. */
export class PooledHosts implements HostSource {
  readonly name: string;
  readonly #origin: HostOrigin;
  readonly #idle: Member[] = [];
  readonly #waiting: ((member: Member | undefined) => void)[] = [];
  readonly #coming = new Set<Promise<void>>();
  #closed = false;

  constructor(origin: HostOrigin) {
    this.name = origin.name;
    this.#origin = origin;
  }

  async take(host: string): Promise<Host> {
    const member = this.#idle.pop() ?? await this.#next() ?? await this.#start(host);
    return {
      agent: member.agent,
      release: async (unlinked) => {
        // Connections are reset while their links are there, and sysctls of a device can be put back.
        const reset = await member.agent.request('reset').then(() => true, () => false);
        this.#takeBack(member, reset, unlinked);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#coming);
    await Promise.all(this.#idle.splice(0).map(({ agent }) => agent.close()));
    await this.#origin.close?.();
  }

  /** A host on its way back that nobody waits for yet: sooner there than a new one. Undefined when there is none. */
  #next(): Promise<Member | undefined> {
    if (this.#waiting.length >= this.#coming.size) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #start(host: string): Promise<Member> {
    const agent = await this.#origin.start(host);
    try {
      const clean = asNew(agent.pid);
      await settleNamespace(agent);
      return { agent, clean };
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  #takeBack(member: Member, reset: boolean, unlinked: Promise<void>): void {
    const coming = this.#restore(member, reset, unlinked).then((good) => {
      this.#coming.delete(coming);
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) waiting(good ? member : undefined);
      else if (good) this.#idle.push(member);
    });
    this.#coming.add(coming);
  }

  /** Whether the host is as new again. One that is not is ended: a new one costs less than a wrong verdict. */
  async #restore({ agent, clean }: Member, reset: boolean, unlinked: Promise<void>): Promise<boolean> {
    if (reset && !this.#closed) {
      try {
        await unlinked;
        if (await leftIn(agent.pid, clean) === undefined) {
          agent.freshLog();
          await settleNamespace(agent);
          return true;
        }
      } catch {
        // The agent is gone: the same remedy.
      }
    }
    await settleEnd(agent);
    await agent.close();
    return false;
  }
}
