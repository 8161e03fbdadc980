/** Speaks with the first process of a guest: one line of text for each thing, many agents over one connection. */
import { PassThrough, Writable, type Duplex } from 'node:stream';
import type { AgentTransport } from '../../sut/transport.ts';
import type { TerminalSize } from '../contract.ts';
import { TopologyError } from '../types.ts';

/** Version of the lines, see docs/agent-protocol.md. */
const PROTOCOL = '1';

/** One cell of a guest, seen from outside. */
interface CellLine {
  output: PassThrough;
  errors: PassThrough;
  end: (how: string) => void;
  /** Waits for `lent` or `refused`, in the order of the requests. */
  lending: Waiting[];
  /** Waits for the end of the shell. */
  shell?: Waiting;
}

/** The greeting of the guest's first process. */
export interface MachineGreeting {
  kernel: string;
}

/** An agent in a cell, and the lending of devices to it. */
export interface GuestCell {
  transport: AgentTransport;
  /** Moves the guest's device to the cell under another name. @throws TopologyError with the guest's reason */
  lend(device: string, name: string): Promise<void>;
  /** Starts a shell in the cell on a terminal of the guest; resolves when it has ended. @throws TopologyError */
  shell(device: string, size: TerminalSize): Promise<void>;
  /** Resolves when the agent is over and its devices are back. */
  ended: Promise<void>;
}

/** Hears what the guest's kernel says. @param kind `kmsg` or `event` @param now the guest's monotonic clock, milliseconds */
export type KernelListener = (kind: string, now: number, text: string) => void;

/** Waits for an answer. */
interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** The connection to a guest's first process. */
export class GuestControl {
  /** Resolves with the first line; rejects when the connection ends before. */
  readonly greeting: Promise<MachineGreeting>;
  readonly #stream: Duplex;
  readonly #cells = new Map<string, CellLine>();
  #greet: (greeting: MachineGreeting) => void = () => undefined;
  #refuse: (error: Error) => void = () => undefined;
  readonly #onKernel: KernelListener;
  /** Requests to the machine itself, answered in order. */
  readonly #asked: Waiting[] = [];
  #rest = '';
  #lost: string | undefined;
  #count = 0;

  constructor(stream: Duplex, onKernel: KernelListener = () => undefined) {
    this.#stream = stream;
    this.#onKernel = onKernel;
    this.greeting = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#refuse = reject;
    });
    this.greeting.catch(() => undefined);
    stream.setEncoding('utf8').on('data', (chunk: string) => this.#hear(chunk));
    // Who watches the guest tells why it is gone.
    stream.on('error', () => undefined);
  }

  /** Starts an agent in a network namespace of its own. */
  spawn(): GuestCell {
    this.#count += 1;
    const name = String(this.#count);
    const output = new PassThrough();
    const errors = new PassThrough();
    const cell: CellLine = { output, errors, end: () => undefined, lending: [] };
    const exited = new Promise<string>((resolve) => {
      cell.end = resolve;
    });
    const drained = exited.then(
      () =>
        new Promise<void>((resolve) => {
          if (output.readableEnded || output.destroyed) resolve();
          else output.once('end', resolve).once('close', resolve);
        }),
    );
    this.#cells.set(name, cell);
    if (this.#lost !== undefined) this.#end(name, cell, this.#lost);
    else this.#say(`${name} spawn`);
    return {
      transport: {
        pid: 0,
        input: this.#input(name),
        output,
        errors,
        exited,
        drained,
        kill: () => this.#say(`${name} kill`),
      },
      lend: (device, given) => this.#lend(name, cell, device, given),
      shell: (device, { rows, columns }) =>
        new Promise((resolve, reject) => {
          cell.shell = { resolve, reject };
          this.#say(`${name} shell ${device} ${rows} ${columns}`);
        }),
      ended: exited.then(() => undefined),
    };
  }

  /** Asks the machine itself: `trace EVENT`, `dyndbg QUERY`, `flush`. @throws TopologyError with the guest's reason */
  ask(request: string): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(new TopologyError(`the guest ${this.#lost}`));
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#say(`machine ${request}`);
    });
  }

  /** Ends all cells: the guest is gone. @param how words that follow an agent's name @param why those that follow "the guest" */
  lose(how: string, why: string): void {
    this.#lost ??= how;
    this.#refuse(new TopologyError(`the guest ${why}`));
    for (const { reject } of this.#asked.splice(0)) reject(new TopologyError(`the guest ${why}`));
    for (const [name, cell] of this.#cells) this.#end(name, cell, how);
  }

  /** Asks the guest to turn itself off. */
  off(): void {
    this.#say('off');
  }

  #say(line: string): void {
    if (this.#lost === undefined && this.#stream.writable) this.#stream.write(`${line}\n`);
  }

  #input(name: string): Writable {
    let rest = '';
    const input = new Writable({
      decodeStrings: false,
      write: (chunk: Buffer | string, _encoding, done) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#say(`${name} to ${line}`);
        done();
      },
    });
    return input;
  }

  #lend(name: string, cell: CellLine, device: string, given: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#cells.get(name) !== cell) {
        reject(
          new TopologyError(
            `device ${device} cannot be moved to the cell: the cell has ended: ${this.#lost ?? 'its agent has ended'}`,
          ),
        );
        return;
      }
      cell.lending.push({ resolve, reject });
      this.#say(`${name} lend ${device} ${given}`);
    });
  }

  #hear(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const [, name = '', verb = '', text = ''] = /^(\S+) (\S+) ?(.*)$/s.exec(line) ?? [];
    if (name === 'machine') {
      this.#ofMachine(verb, text, line);
      return;
    }
    const cell = this.#cells.get(name);
    if (cell === undefined) return;
    if (verb === 'from') cell.output.write(`${text}\n`);
    else if (verb === 'log') cell.errors.write(`${text}\n`);
    else if (verb === 'lent') cell.lending.shift()?.resolve();
    else if (verb === 'left') cell.shell?.resolve();
    else if (verb === 'end') this.#end(name, cell, `has ended (${text})`);
    else if (verb === 'refused') this.#refused(name, cell, text);
  }

  #refused(name: string, cell: CellLine, text: string): void {
    const lending = text.startsWith('lend') ? cell.lending.shift() : text.startsWith('shell') ? cell.shell : undefined;
    if (lending !== undefined) lending.reject(new TopologyError(`the guest refused to ${text}`));
    else if (text.startsWith('spawn')) this.#end(name, cell, `cannot be started: ${text}`);
    else cell.errors.write(`guest: refused ${text}\n`);
  }

  #ofMachine(verb: string, text: string, line: string): void {
    if (verb === 'kmsg' || verb === 'event') {
      const at = text.indexOf(' ');
      this.#onKernel(verb, Number(text.slice(0, at)) * 1000, text.slice(at + 1));
    } else if (verb === 'done') this.#asked.shift()?.resolve();
    else if (verb === 'refused') this.#asked.shift()?.reject(new TopologyError(`the guest refused to ${text}`));
    else this.#greeted(line);
  }

  #greeted(line: string): void {
    const fields = new Map(
      line
        .split(' ')
        .slice(1)
        .map((word) => word.split('=', 2) as [string, string]),
    );
    const protocol = fields.get('protocol') ?? '(none)';
    if (protocol === PROTOCOL) this.#greet({ kernel: fields.get('kernel') ?? '' });
    else
      this.#refuse(
        new TopologyError(
          `the guest's first process has protocol version ${protocol}, expected ${PROTOCOL}; build the agent again`,
        ),
      );
  }

  #end(name: string, cell: CellLine, how: string): void {
    this.#cells.delete(name);
    cell.output.end();
    cell.errors.end();
    for (const lending of cell.lending.splice(0)) lending.reject(new TopologyError(`agent ${how}`));
    cell.shell?.resolve();
    cell.end(how);
  }
}
