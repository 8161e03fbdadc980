/** An agent in this process: it speaks the agent's commands and drives the reference stack. No lines are carried. */
import { sleep, type Clock } from '../../clock/clock.ts';
import type { Call } from '../../reference/index.ts';
import { encodeRequest, encodeValue, PROTOCOL, type AgentArgs } from '../../sut/agent-line.ts';
import {
  AgentLost,
  AgentProtocolError,
  AgentRefused,
  type Agent,
  type AgentAnswer,
  type AgentLogLine,
} from '../../sut/types.ts';
import type { Machine } from './machine.ts';
import { DELAY_MS } from './memory-link.ts';
import { answer, Request } from './request.ts';
import { SetUp, type Device } from './set-up.ts';
import { Sockets, type Done, type Handler } from './sockets.ts';

/** Features of the agent in memory; docs/agent-protocol.md defines the words. */
const FEATURES = ['tcp', 'mptcp', 'ipv6', 'netlink', 'endpoints', 'sysctl', 'counters', 'settle', 'mark'];

type Commands = Readonly<Record<string, readonly [readonly string[], Handler]>>;

/** The agent of one host. */
export class MemoryAgent implements Agent {
  readonly pid = 0;
  readonly features: ReadonlySet<string> = new Set(FEATURES);
  readonly log: AgentLogLine[] = [];
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #sockets: Sockets;
  /** Tables of commands. Not merged: an agent lives for one scenario, which uses a few of them. */
  readonly #commands: readonly Commands[];
  readonly #waiting = new Set<Promise<unknown>>();
  #nextId = 1;
  #isClosed = false;

  /** @param devices of the host; the agent notes in them what it changes */
  constructor(clock: Clock, machine: Machine, devices: ReadonlyMap<string, Device>, version: string) {
    this.#clock = clock;
    this.#machine = machine;
    const call = (one: Call, timeoutMs?: number): Promise<Done> => this.#call(one, timeoutMs);
    this.#sockets = new Sockets(call);
    this.#commands = [new SetUp(call, devices).commands, this.#sockets.commands, this.#own(version)];
  }

  async request(command: string, args: AgentArgs = {}): Promise<AgentAnswer> {
    if (this.#isClosed) throw new AgentLost(`agent of the reference stack is closed (request: ${command})`);
    const id = String(this.#nextId++);
    this.#note('to', encodeRequest(id, command, args));
    try {
      const fields = await this.#carry(command, args);
      const words = Object.entries(fields).map(([key, value]) => ` ${key}=${encodeValue(value)}`);
      this.#note('from', `${id} ok${words.join('')}`);
      return fields;
    } catch (error) {
      if (error instanceof AgentRefused) this.#note('from', `${id} err ${error.errno} ${error.code}`);
      if (error instanceof AgentProtocolError) this.#note('from', `${id} bad ${error.message}`);
      throw error;
    }
  }

  /**
   * A command and its answer travel like packets, after those sent before: as on a machine, where what the
   * tester has sent is in the stack before the agent reads the next command.
   */
  async #carry(command: string, args: AgentArgs): Promise<AgentAnswer> {
    await sleep(this.#clock, DELAY_MS);
    const work = this.#run(command, args);
    this.#waiting.add(work);
    try {
      return await work;
    } finally {
      this.#waiting.delete(work);
      await sleep(this.#clock, DELAY_MS);
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #run(command: string, args: AgentArgs): Promise<AgentAnswer> {
    const table = this.#commands.find((one) => Object.hasOwn(one, command));
    const known = table?.[command];
    if (known === undefined) return Promise.reject(new AgentProtocolError(command, 'unknown command'));
    const [keys, handler] = known;
    try {
      return handler(new Request(command, args, keys));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #own(version: string): Commands {
    const greeting = () =>
      answer({ protocol: PROTOCOL, name: 'reference', kernel: version, pid: 0, features: FEATURES.join(',') });
    const uname = () => answer({ sysname: 'reference', nodename: 'sut', release: version, version, machine: 'memory' });
    return {
      hello: [[], () => Promise.resolve(greeting())],
      uname: [[], () => Promise.resolve(uname())],
      log: [['text'], (request) => this.#say(request.text('text') ?? '')],
      sync: [['timeout'], () => this.#sync()],
      // The stack defers nothing but by timers; those that are due now have run when this answers.
      settle: [[], () => sleep(this.#clock, 0).then(() => ({}))],
      mark: [[], () => Promise.resolve({})],
      reset: [[], () => this.#reset()],
      exit: [[], () => this.close().then(() => ({}))],
    };
  }

  #say(text: string): Promise<AgentAnswer> {
    this.#note('stderr', text);
    return Promise.resolve({});
  }

  async #sync(): Promise<AgentAnswer> {
    await Promise.allSettled([...this.#waiting]);
    return {};
  }

  async #reset(): Promise<AgentAnswer> {
    const sockets = this.#sockets.clear();
    await this.#call({ op: 'reset' });
    return answer({ sockets, sysctls: 0 });
  }

  async #call(call: Call, timeoutMs?: number): Promise<Done> {
    const calling = this.#machine.call(call);
    const limit = { isOver: false };
    const expire = (): void => {
      limit.isOver = true;
      calling.cancel();
    };
    const cancel = timeoutMs === undefined || timeoutMs === 0 ? undefined : this.#clock.after(timeoutMs, expire);
    if (timeoutMs === 0) expire();
    const result = await calling.result;
    cancel?.();
    if (result.ok) return { errno: undefined, fields: result.fields };
    const errno = limit.isOver && result.errno === 'ECANCELED' ? 'ETIMEDOUT' : result.errno;
    return { errno, fields: result.fields };
  }

  #note(direction: AgentLogLine['direction'], text: string): void {
    this.log.push({ at: this.#clock.now(), direction, text });
  }
}
