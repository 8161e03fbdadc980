/** The reference stack and this kernel on the same links, for tests in a tester namespace. */
import { runMonitors, levels } from '../../monitor/run-monitors.ts';
import { rulesWith, type Variation } from '../../reference/index.ts';
import type { Agent, AgentAnswer } from '../../sut/types.ts';
import type { Cell } from '../../topology/contract.ts';
import type { Impairment } from '../../topology/reference/wired-machine.ts';
import { WiredMachine } from '../../topology/reference/wired-machine.ts';
import { newDriver, topology } from '../../topology/testing/lab.ts';
import type { MiddleboxSpec } from '../../topology/types.ts';
import type { KeepingDriver } from '../../topology/veth-driver.ts';
import { isDeparture } from '../../verdict/verdict.ts';
import { openCatalogue } from '../inputs/project.ts';

export type Role = 'initiator' | 'responder';
export type StackName = 'linux' | 'reference';

const PORT = 5001;
const levelOf = levels(openCatalogue());

/** How the two meet. */
export interface MeetingOptions {
  family: 'ipv4' | 'ipv6';
  /** Links between them. */
  links?: 1 | 2;
  /** Freedoms and faults of the reference stack. */
  variations?: readonly Variation[];
  impairment?: Impairment;
  /** Middleboxes in every link. */
  middleboxes?: readonly MiddleboxSpec[];
  /** Whether each asks for checksums. */
  checksums?: Readonly<Record<StackName, boolean>>;
  seed?: string;
}

let driver: KeepingDriver | undefined;

/** Ends what {@link Meeting.make} has made of namespaces. */
export async function endMeetings(): Promise<void> {
  await driver?.close();
}

/** Two stacks that can reach each other. */
export class Meeting {
  readonly wired: WiredMachine;
  readonly agents: Readonly<Record<StackName, Agent>>;
  readonly family: 'ipv4' | 'ipv6';
  readonly #cell: Cell;

  private constructor(cell: Cell, linux: Agent, options: MeetingOptions) {
    const { family, variations = [], impairment, seed = '1' } = options;
    this.#cell = cell;
    this.family = family;
    this.wired = new WiredMachine(cell, {
      rules: rulesWith(variations),
      seed,
      family,
      ...(impairment === undefined ? {} : { impairment }),
    });
    this.agents = { linux, reference: this.wired.agent };
  }

  static async make(options: MeetingOptions): Promise<Meeting> {
    driver ??= newDriver();
    const plain = topology(options.links === 2 ? 'two-links' : 'one-link');
    const { middleboxes = [] } = options;
    const cell = await driver.build({ ...plain, links: plain.links.map((link) => ({ ...link, middleboxes })) });
    const linux = cell.agents.get('sut');
    if (linux === undefined) throw new Error('no agent');
    const meeting = new Meeting(cell, linux, options);
    const { linux: asks, reference: wants } = options.checksums ?? { linux: false, reference: false };
    await meeting.set('linux', 'net.mptcp.checksum_enabled', asks ? 1 : 0);
    await meeting.set('reference', 'net.mptcp.checksum_enabled', wants ? 1 : 0);
    for (const agent of Object.values(meeting.agents))
      await agent.request('limits-set', { subflows: 4, 'add-addr-accepted': 4 });
    return meeting;
  }

  async set(stack: StackName, name: string, value: number): Promise<void> {
    await this.agents[stack].request('sysctl-set', { name, value });
  }

  /** The address of a stack on a link, the first being 0. */
  address(stack: StackName, link = 0): string {
    const found = this.#cell.links[link];
    if (found === undefined) throw new Error(`there is no link ${link}`);
    return (stack === 'linux' ? found.sut : found.tester)[this.family];
  }

  /** A stack announces its second address, and the other joins there: all of the subflow is on the second link. */
  async useSecondLink(announcing: StackName): Promise<void> {
    await this.agents[announcing].request('endpoint-add', { addr: this.address(announcing, 1), flags: 'signal' });
    await this.#subflows(2);
  }

  /** A stack joins from its second address to the other's first. */
  async join(joining: StackName): Promise<void> {
    await this.agents[joining].request('endpoint-add', { addr: this.address(joining, 1), flags: 'subflow' });
    await this.#subflows(2);
  }

  /** Opens a connection over the first link; both ends are `conn` from then on. */
  async connect(reference: Role, protocols: Partial<Record<StackName, 'tcp' | 'mptcp'>> = {}): Promise<void> {
    const [client, server]: [StackName, StackName] =
      reference === 'initiator' ? ['reference', 'linux'] : ['linux', 'reference'];
    const { family } = this;
    const [opening, listening] = [this.agents[client], this.agents[server]];
    await listening.request('socket', { family, proto: protocols[server] ?? 'mptcp', name: 'lsn' });
    await listening.request('bind', { fd: 'lsn', addr: family === 'ipv4' ? '0.0.0.0' : '::', port: PORT });
    await listening.request('listen', { fd: 'lsn' });
    const accepted = listening.request('accept', { fd: 'lsn', as: 'conn', timeout: 20_000 });
    await opening.request('socket', { family, proto: protocols[client] ?? 'mptcp', name: 'conn' });
    await opening.request('connect', { fd: 'conn', addr: this.address(server), port: PORT, timeout: 20_000 });
    await accepted;
  }

  /** Sends bytes one way, and answers what the receiver says of them. */
  async send(from: StackName, size: number, timeout = 150_000): Promise<AgentAnswer> {
    const to = from === 'linux' ? 'reference' : 'linux';
    const received = this.agents[to].request('recv', { fd: 'conn', bytes: size, show: 0, timeout });
    const [answer] = await Promise.all([
      received,
      this.agents[from].request('send', { fd: 'conn', fill: size, timeout }),
    ]);
    return answer;
  }

  /** Bytes both ways at once; answers what is not as it should be. */
  async exchange(size: number): Promise<string[]> {
    const [there, back] = await Promise.all([this.send('linux', size), this.send('reference', size)]);
    return [there, back].flatMap(({ bytes, pattern }) =>
      bytes === String(size) && pattern === 'ok' ? [] : [`${bytes} bytes, pattern=${pattern}`],
    );
  }

  /** Ends both directions in an orderly way; answers whether each side read the end and nothing before it. */
  async closeBoth(first: StackName): Promise<boolean> {
    const second = first === 'linux' ? 'reference' : 'linux';
    const ends: AgentAnswer[] = [];
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      await this.agents[from].request('shutdown', { fd: 'conn', how: 'wr' });
      ends.push(await this.agents[to].request('recv', { fd: 'conn', eof: 1, timeout: 20_000 }));
    }
    for (const agent of Object.values(this.agents)) await agent.request('close', { fd: 'conn' });
    return ends.every(({ eof, bytes }) => eof === '1' && bytes === '0');
  }

  /** Waits until both stacks report this number of subflows, the first included. */
  async #subflows(count: number): Promise<void> {
    const deadline = performance.now() + 20_000;
    for (const [stack, agent] of Object.entries(this.agents))
      for (;;) {
        const answer = await agent.request('subflows', { fd: 'conn' });
        if (Number(answer['count']) === count) break;
        if (performance.now() > deadline) throw new Error(`${stack} has ${answer['count']} subflows, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
  }

  /** Findings of the monitors against a stack: clause and message. */
  blamed(stack: StackName): string[] {
    const own = new Set(this.#cell.links.map((_, link) => this.address(stack, link)));
    const findings = runMonitors(this.wired.packets, (address) => own.has(address), levelOf);
    return findings.filter(({ verdict }) => isDeparture(verdict)).map(({ clause, message }) => `${clause}: ${message}`);
  }

  async end(): Promise<void> {
    this.wired.close();
    await this.#cell.close();
  }
}
