/** SUT hosts that are started when needed, put back as they were after each cell, and used again. */
import type { SpawnedAgent } from '../sut/spawn-agent.ts';
import type { Sysctl } from '../verdict/stack-info.ts';
import { asNew, leftIn, type Cleanliness } from './cleanliness.ts';
import { settleEnd, settleNamespace } from './sut-settings.ts';
import type { Host, HostSource } from './veth-driver.ts';

/** A host that can serve. */
interface Member {
  agent: SpawnedAgent;
  clean: Cleanliness;
  /** The agent puts back what the suite has set, not what was before. */
  marks: boolean;
  sysctls: readonly Sysctl[] | undefined;
}

/** Source of hosts. */
export interface HostOrigin {
  /** Name of the driver that this makes. */
  readonly name: string;
  /** See {@link HostSource.isDear}. */
  readonly isDear?: boolean;
  /** Settings of the user's, for every host. */
  readonly sysctls?: readonly Sysctl[] | undefined;
  /** Starts a host; its agent has greeted, from a network namespace on this machine that is not the tester's. */
  start(name: string): Promise<SpawnedAgent>;
  /** Frees what hosts come from, when all of them have ended. */
  close?(): Promise<void>;
}

/** The pool. */
export class PooledHosts implements HostSource {
  readonly name: string;
  readonly isDear: boolean;
  readonly #origin: HostOrigin;
  readonly #idle: Member[] = [];
  readonly #waiting: ((member: Member | undefined) => void)[] = [];
  readonly #coming = new Set<Promise<void>>();
  #closed = false;

  constructor(origin: HostOrigin) {
    this.name = origin.name;
    this.isDear = origin.isDear ?? false;
    this.#origin = origin;
  }

  async take(host: string): Promise<Host> {
    const member = this.#idle.pop() ?? (await this.#next()) ?? (await this.#start(host));
    return {
      agent: member.agent,
      // Connections are reset while their links are there, and sysctls of a device can be put back.
      reset: () =>
        member.agent.request('reset').then(
          () => true,
          () => false,
        ),
      isAsNew: (devices) => isAsNew(member, devices),
      release: (unlinked) => this.#takeBack(member, unlinked),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#coming);
    await Promise.all(this.#idle.splice(0).map(({ agent }) => agent.close()));
    await this.#origin.close?.();
  }

  /** A host being cleaned that has no waiter yet: available sooner than a new one. Undefined when there is none. */
  #next(): Promise<Member | undefined> {
    if (this.#waiting.length >= this.#coming.size) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #start(host: string): Promise<Member> {
    const agent = await this.#origin.start(host);
    try {
      const clean = asNew(agent.pid);
      await settleNamespace(agent, this.#origin.sysctls);
      const marks = agent.greeting.features.has('mark');
      if (marks) await agent.request('mark');
      return { agent, clean, marks, sysctls: this.#origin.sysctls };
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  #takeBack(member: Member, unlinked: Promise<boolean>): void {
    const coming = this.#restore(member, unlinked).then((good) => {
      this.#coming.delete(coming);
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) waiting(good ? member : undefined);
      else if (good) this.#idle.push(member);
    });
    this.#coming.add(coming);
  }

  /** Whether the host is as new again. One that is not is ended: a new one costs less than a wrong verdict. */
  async #restore(member: Member, unlinked: Promise<boolean>): Promise<boolean> {
    if ((await unlinked) && !this.#closed && (await isAsNew(member, []))) return true;
    await settleEnd(member.agent);
    await member.agent.close();
    return false;
  }
}

/** Whether a host that was reset has nothing of the last cell but these devices; never throws. */
async function isAsNew({ agent, clean, marks, sysctls }: Member, devices: readonly string[]): Promise<boolean> {
  try {
    if ((await leftIn(agent.pid, { devices: [...clean.devices, ...devices] })) !== undefined) return false;
    agent.freshLog();
    if (!marks) await settleNamespace(agent, sysctls);
    return true;
  } catch {
    // The agent is gone.
    return false;
  }
}
