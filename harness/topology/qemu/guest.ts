/** One running guest: QEMU, its console, the control of its cells, and its network devices. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { TopologyError } from '../types.ts';
import type { KernelTrouble } from '../kernel-trouble.ts';
import { ClockOffset, isOwnDoing, parseKmsg, parseTrace, type KernelLine, type Watch } from '../kernel-lines.ts';
import { ConsoleWatch } from './console-watch.ts';
import { GuestControl, type GuestCell } from './guest-control.ts';
import { CONSOLE_CHARDEV, GUEST_FDS, guestCommand, type GuestOptions } from './qemu-command.ts';

/** Time for one start, milliseconds: some 4 s are usual without KVM, many times that on a busy machine. */
const BOOT_MS = 90_000;
/** Lines of the console that an error shows. */
/** A guest that is asked whether its kernel has said all answers within milliseconds, under load within seconds. */
const ANSWER_MS = 25_000;
const CONSOLE_SHOWN = 15;
/** All levels on the console, the stack of the processor, the stacks of blocked tasks. */
const SYSRQ_KEYS = ['9', 'l', 'w'];
/** Between a break and its key, and between two of them, milliseconds. */
const SYSRQ_STEP_MS = 200;
/** Time for stacks to be written, milliseconds. */
const STACK_MS = 2000;

/** A network device of the guest and the tester's end of it. */
export interface GuestDevice {
  /** The guest's name: `eth0`. */
  own: string;
  /** The tester's tap. */
  tap: string;
  /** Number of the prefix that is led there for the guest's life. */
  prefix: number;
}

/** Hears of a guest that is not to be used for anything new. */
export type RetireListener = (guest: Guest) => void;

/** A guest that is up. */
export class Guest {
  /** Kernel release. */
  release = '';
  readonly watch = new ConsoleWatch();
  readonly #onRetire: RetireListener;
  readonly #child: ChildProcess;
  readonly #control: GuestControl;
  readonly #monitor: Duplex;
  readonly #console: Duplex;
  readonly #free: GuestDevice[] = [];
  readonly #waiting: { count: number; take: (devices: GuestDevice[]) => void; refuse: (error: Error) => void }[] = [];
  /** Resolves when it is no more. */
  readonly gone: Promise<void>;
  /** Lines that its kernel logged and traced, with times of its own clocks. */
  readonly #lines: { source: KernelLine['source']; at: number; text: string }[] = [];
  readonly #sinceBoot = new ClockOffset();
  readonly #logClock = new ClockOffset();
  #said = '';
  #stopping = false;
  #retired = false;
  #cells = 0;

  private constructor(options: GuestOptions, onRetire: RetireListener) {
    this.#onRetire = onRetire;
    const [program = '', ...args] = guestCommand(options);
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const pipe = (fd: number): Duplex => this.#child.stdio[fd] as Duplex;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    }
    this.#console = pipe(GUEST_FDS.console);
    this.#console.setEncoding('utf8').on('data', (text: string) => {
      if (this.watch.take(text) !== undefined) this.retire();
    });
    this.#monitor = pipe(GUEST_FDS.monitor);
    this.#monitor.resume();
    for (const fd of [GUEST_FDS.console, GUEST_FDS.monitor]) pipe(fd).on('error', () => undefined);
    this.#control = new GuestControl(pipe(GUEST_FDS.control), (kind, now, text) => this.#hear(kind, now, text));
    this.gone = new Promise((resolve) => {
      this.#child.once('error', (error) =>
        this.#end(
          `cannot be started: ${error.message}; install QEMU (apt-get install qemu-system-x86) and util-linux`,
          resolve,
        ),
      );
      // All that the console had to say has been read by then.
      this.#child.once('close', (status, signal) =>
        this.#end(`ended (QEMU: ${signal ?? `status ${status ?? '?'}`})`, resolve),
      );
    });
  }

  /** Starts a guest and waits until it can be used. @throws TopologyError with the end of its console */
  static async boot(options: GuestOptions, onRetire: RetireListener): Promise<Guest> {
    const guest = new Guest(options, onRetire);
    const timer = startTimer(() => guest.kill(`is not up after ${BOOT_MS / 1000} s`), BOOT_MS);
    try {
      guest.release = (await guest.#control.greeting).kernel;
      return guest;
    } catch (error) {
      guest.kill('did not start');
      await guest.gone;
      const why = error instanceof Error ? error.message : String(error);
      const said = [guest.#said.trim(), ...guest.watch.tail.slice(-CONSOLE_SHOWN)]
        .filter((line) => line !== '')
        .join('\n  ');
      throw new TopologyError(`kernel ${options.image} does not start: ${why}${said === '' ? '' : `\n  ${said}`}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Trouble that the console has shown so far. */
  get troubles(): readonly KernelTrouble[] {
    return this.watch.troubles;
  }

  /** Watches more of its kernel than the log. @throws TopologyError with the guest's reason */
  async look({ trace, dyndbg }: Watch): Promise<void> {
    for (const event of trace) await this.#control.ask(`trace ${event}`);
    for (const query of dyndbg) await this.#control.ask(`dyndbg ${query}`);
  }

  /** Number of lines that its kernel has logged. */
  get said(): number {
    return this.#lines.length;
  }

  /** Lines that its kernel logged and traced, without the first `since`; times of this machine. */
  async kernelLines(since: number): Promise<KernelLine[]> {
    const timer = startTimer(() => this.kill(`does not answer for ${ANSWER_MS / 1000} s`), ANSWER_MS);
    // Who is gone has said all that it had to say.
    await this.#control.ask('flush').catch(() => undefined);
    clearTimeout(timer);
    return this.#lines.slice(since).map(({ source, at, text }) => {
      const monotonic = source === 'dmesg' ? this.#logClock.here(at) : at;
      return { source, at: this.#sinceBoot.here(monotonic), text };
    });
  }

  /** Whether it takes no more cells. */
  get isRetired(): boolean {
    return this.#retired;
  }

  /** Makes the devices known; they are free then. */
  offer(devices: readonly GuestDevice[]): void {
    this.#free.push(...devices);
    this.#serve();
  }

  /** Waits for this number of free devices, in order of request. @throws TopologyError when the guest is retired */
  lease(count: number): Promise<GuestDevice[]> {
    if (this.#retired) return Promise.reject(new GuestRetired());
    return new Promise((take, refuse) => {
      this.#waiting.push({ count, take, refuse });
      this.#serve();
    });
  }

  /** Starts an agent; `leave` has to be called when its cell is over. */
  enter(): GuestCell {
    this.#cells += 1;
    return this.#control.spawn();
  }

  /** A cell is over. */
  leave(): void {
    this.#cells -= 1;
    if (this.#retired && this.#cells === 0) void this.stop();
  }

  /** Accepts no more cells; existing ones continue to their end. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(new GuestRetired());
    this.#onRetire(this);
    if (this.#cells === 0) void this.stop();
  }

  /** Ends a guest that no longer does what it is asked, which is trouble of its own. @param how words that follow "the guest" */
  kill(how: string): void {
    if (!this.#stopping && this.watch.troubles.length === 0) this.watch.lost(`the guest ${how}`);
    this.retire();
    void this.#askForStacks().finally(() => this.#child.kill('SIGKILL'));
  }

  /**
   * Has the kernel say where it is: by SysRq while it serves the console's interrupts, by an NMI, which panics it, when it
   * does not.
   */
  async #askForStacks(): Promise<void> {
    for (const key of SYSRQ_KEYS) {
      this.monitor(`chardev-send-break ${CONSOLE_CHARDEV}`);
      await setTimeout(SYSRQ_STEP_MS);
      this.#console.write(key);
      await setTimeout(SYSRQ_STEP_MS);
    }
    await setTimeout(STACK_MS);
    this.monitor('nmi');
    await Promise.race([this.gone, setTimeout(STACK_MS)]);
  }

  /** Sends a command to QEMU's monitor, such as `nmi`. */
  monitor(command: string): void {
    this.#monitor.write(`${command}\n`);
  }

  /** Ends the guest. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#retired = true;
    this.#child.kill('SIGTERM');
    await this.gone;
  }

  #hear(kind: string, now: number, text: string): void {
    this.#sinceBoot.learn(now, performance.now());
    if (kind !== 'kmsg') {
      const line = parseTrace(text);
      if (line !== undefined) this.#lines.push({ source: 'trace', ...line });
      return;
    }
    const line = parseKmsg(text);
    if (line === undefined) return;
    this.#logClock.learn(line.at, now);
    if (!isOwnDoing(line.text)) this.#lines.push({ source: 'dmesg', ...line });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.count <= this.#free.length; next = this.#waiting[0]) {
      this.#waiting.shift();
      next.take(this.#free.splice(0, next.count));
    }
  }

  #end(how: string, done: () => void): void {
    if (!this.#stopping && this.watch.troubles.length === 0) this.watch.lost(`the guest ${how}`);
    this.#stopping = true;
    this.retire();
    const [trouble] = this.watch.troubles;
    if (trouble === undefined) this.#control.lose(`lost its guest: it ${how}`, how);
    else this.#control.lose(`lost its guest: the kernel failed: ${trouble.title}`, `ended: ${trouble.title}`);
    done();
  }
}

/** The guest was retired while someone waited for its devices: another one is to be asked. */
export class GuestRetired extends Error {
  override readonly name = 'GuestRetired';
}
