/** State of a running scenario of two stacks. */
import { Changes } from '../clock/changes.ts';
import { realClock, type Clock } from '../clock/clock.ts';
import type { Family } from '../packet/types.ts';
import type { Forwarder } from '../wire/forward/forwarder.ts';
import type { Pair, Side } from './hosts.ts';
import type { MultipathScenario } from './scenario.ts';
import type { Trace } from './trace.ts';
import type { StreamPlace, Transfer } from './transfer.ts';

/** A connection between the two applications. */
export interface Connection {
  name: string;
  proto: 'mptcp' | 'tcp';
  path: string;
  port: number;
  /** Names of its sockets at the agents. */
  sockets: Record<Side, string>;
  /** Position of each sender in its stream. */
  streams: Record<Side, StreamPlace>;
  openedAt: number;
}

/** Requests that were answered. */
export interface RequestSeries {
  name: string;
  /** Milliseconds of each, from asking to the last byte of the answer. */
  times: number[];
}

/** A condition that a step waits for has not come about: what it was to show cannot be shown. */
export class StepUnmet extends Error {
  override readonly name = 'StepUnmet';
}

/** The state of one run of a scenario. */
export class RunState {
  readonly scenario: MultipathScenario;
  /** The time that waits go by. */
  readonly clock: Clock = realClock;
  readonly startedAt = this.clock.now();
  readonly connections = new Map<string, Connection>();
  readonly transfers = new Map<string, Transfer>();
  /** Repeated transfers, by name. */
  readonly repeated = new Map<string, readonly Transfer[]>();
  readonly requests = new Map<string, RequestSeries>();
  readonly marks = new Map<string, number>();
  /** Start of the current step. */
  stepAt = this.startedAt;
  readonly trace: Trace;
  readonly pair: Pair;
  #forwarder: Forwarder | undefined;
  readonly #changes = new Changes(this.clock);

  constructor(scenario: MultipathScenario, pair: Pair, trace: Trace) {
    this.scenario = scenario;
    this.pair = pair;
    this.trace = trace;
  }

  /** Address family of the scenario. */
  get family(): Family {
    return this.scenario.family;
  }

  /** The network between the stacks. @throws Error before it has started */
  get forwarder(): Forwarder {
    if (this.#forwarder === undefined) throw new Error('the forwarder has not started yet');
    return this.#forwarder;
  }

  /** Number of packets forwarded late; see `Forwarder.lateness`. */
  get lateness(): number {
    return this.#forwarder?.lateness ?? 0;
  }

  set forwarder(forwarder: Forwarder) {
    this.#forwarder = forwarder;
  }

  /** A link's failure ends the scenario: waiters are rejected. */
  fail(error: Error): void {
    this.#changes.fail(error);
  }

  /** Something has happened: waiters evaluate again. */
  changed(): void {
    this.#changes.changed();
  }

  /** @throws Error when a link has failed */
  check(): void {
    this.#changes.check();
  }

  /**
   * Waits until a condition holds; it is evaluated after every packet and every delivery.
   *
   * @param what the condition in words
   * @throws StepUnmet when the time is over first
   */
  async until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
    if (!(await this.sooner(holds, withinMs))) throw new StepUnmet(`${what}: not within ${withinMs} ms`);
  }

  /** Waits until a condition holds, and says whether it did before the time was over. */
  async sooner(holds: () => boolean, withinMs: number): Promise<boolean> {
    return (await this.#changes.until(() => (holds() ? true : undefined), withinMs)) === true;
  }

  /** Time of a mark; without a name that of the connection's opening, or else the start. @throws StepUnmet */
  markOf(name: string | undefined): number {
    if (name === undefined) return this.startedAt;
    const at = this.marks.get(name);
    if (at === undefined)
      throw new StepUnmet(`mark "${name}" was not reached; reached marks: ${[...this.marks.keys()].join(', ')}`);
    return at;
  }

  /** @throws StepUnmet when there is none of that name */
  transfer(name: string): Transfer {
    return found(this.transfers, name, 'transfer');
  }

  /** A transfer, or all of a series. @throws StepUnmet when there is none of that name */
  transfersOf(name: string): readonly Transfer[] {
    return this.repeated.get(name) ?? [this.transfer(name)];
  }

  /** @throws StepUnmet when there is none of that name */
  connection(name: string | undefined): Connection {
    return found(this.connections, name ?? 'main', 'connection');
  }

  /** @throws StepUnmet when there is none of that name */
  series(name: string): RequestSeries {
    return found(this.requests, name, 'series of requests');
  }
}

function found<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const one = map.get(name);
  if (one === undefined) throw new StepUnmet(`unknown ${what} "${name}"; known: ${[...map.keys()].join(', ')}`);
  return one;
}
