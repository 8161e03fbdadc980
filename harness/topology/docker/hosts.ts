/** Containers as SUT hosts: started when needed, put back as they were after each cell, used again. */
import { readlinkSync } from 'node:fs';
import { connectAgent, type SpawnedAgent } from '../../sut/spawn-agent.ts';
import { AgentLost } from '../../sut/types.ts';
import { networkNamespace } from '../../wire/inside.ts';
import { settleNamespace } from '../sut-settings.ts';
import type { Host, HostSource } from '../veth-driver.ts';
import { asNew, leftIn, type Cleanliness } from './cleanliness.ts';
import { requireLocal, startContainer, type ContainerPlan } from './container.ts';
import { DockerError } from './daemon.ts';

/** A container that can serve. */
interface Member {
  agent: SpawnedAgent;
  clean: Cleanliness;
}

/**
 * Starts a container and waits until its agent has greeted.
 *
 * @throws DockerError, AgentLost: with the image's name and what to do
 */
export async function startAgent(plan: ContainerPlan): Promise<SpawnedAgent> {
  const transport = await startContainer(plan);
  const agent = await connectAgent(transport, { name: `of image ${plan.image}` });
  try {
    requireLocal(agent.pid, agent.greeting.pid, plan.image);
    if (readlinkSync(`/proc/${agent.pid}/ns/net`) === networkNamespace()) {
      throw new DockerError(`the agent of image ${plan.image} is in the tester's network namespace, expected one of its own`);
    }
    return agent;
  } catch (error) {
    // What is not there any more may be so because the container ended; then that is what is told.
    const lost = await agent.request('hello').then(() => undefined, (reason: unknown) => reason);
    await agent.close();
    throw lost instanceof AgentLost ? lost : error;
  }
}

/** The pool. */
export class ContainerHosts implements HostSource {
  readonly name = 'docker';
  readonly #plan: () => Promise<ContainerPlan>;
  readonly #idle: Member[] = [];
  readonly #waiting: ((member: Member | undefined) => void)[] = [];
  readonly #coming = new Set<Promise<void>>();
  #opened: Promise<ContainerPlan> | undefined;
  #closed = false;

  /** @param plan opens the daemon; called once, for the first host */
  constructor(plan: () => Promise<ContainerPlan>) {
    this.#plan = plan;
  }

  async take(): Promise<Host> {
    const member = this.#idle.pop() ?? await this.#next() ?? await this.#start();
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
  }

  /** A host on its way back that nobody waits for yet: sooner there than a new one. Undefined when there is none. */
  #next(): Promise<Member | undefined> {
    if (this.#waiting.length >= this.#coming.size) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #start(): Promise<Member> {
    this.#opened ??= this.#plan();
    const agent = await startAgent(await this.#opened);
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

  /** Whether the host is as new again. One that is not is ended: a container costs less than a wrong verdict. */
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
        // The agent or its container is gone: the same remedy.
      }
    }
    await agent.close();
    return false;
  }
}
