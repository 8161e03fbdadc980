/** The log and the tracepoints of this machine's kernel, for stacks that it carries. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readdirSync, readSync, rmdirSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import type { Cell, Driver } from '../contract.ts';
import { isOwnDoing, parseKmsg, parseTrace, type KernelLine, type Watch } from '../kernel-lines.ts';

/** Mount point of tracefs; every kernel that has tracefs has the folder. */
const TRACING = '/sys/kernel/tracing';
const INSTANCE = 'mptcp-conformance-';
const RECORD = 65_536;

/** Reads what a descriptor has at once, chunk by chunk, until it has no more. */
function drain(fd: number): string[] {
  const chunks: string[] = [];
  const buffer = Buffer.alloc(RECORD);
  for (;;) {
    try {
      const got = readSync(fd, buffer);
      if (got === 0) return chunks;
      chunks.push(buffer.toString('utf8', 0, got));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EPIPE: records were overwritten before they were read.
      if (code !== 'EPIPE' && code !== 'EINTR') return chunks;
    }
  }
}

/** Lines of this kernel since this was made. Ordinary users may not read its log: they get none. */
class HostKernel {
  readonly lines: KernelLine[] = [];
  readonly #log: number | undefined;
  readonly #folder: string | undefined;
  readonly #trace: number | undefined;
  #rest = '';

  /** @throws UsageError when an event cannot be traced */
  constructor(events: readonly string[]) {
    this.#log = openQuietly('/dev/kmsg');
    if (this.#log !== undefined) drain(this.#log);
    if (events.length === 0) return;
    this.#folder = makeInstance();
    try {
      writeFileSync(join(this.#folder, 'trace_clock'), 'mono');
      for (const event of events) this.#enable(this.#folder, event);
      this.#trace = openSync(join(this.#folder, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads what has come. */
  read(): void {
    if (this.#log !== undefined)
      for (const record of drain(this.#log)) {
        const line = parseKmsg(record);
        // Its clock is not the one that packets are stamped with, and nobody knows by how much.
        if (line !== undefined && !isOwnDoing(line.text)) this.lines.push({ source: 'dmesg', text: line.text });
      }
    if (this.#trace === undefined) return;
    const parts = (this.#rest + drain(this.#trace).join('')).split('\n');
    this.#rest = parts.pop() ?? '';
    const offset = performance.now() - Number(process.hrtime.bigint()) / 1e6;
    for (const part of parts) {
      const line = parseTrace(part);
      if (line !== undefined) this.lines.push({ source: 'trace', at: line.at + offset, text: line.text });
    }
  }

  close(): void {
    for (const fd of [this.#log, this.#trace]) if (fd !== undefined) closeSync(fd);
    if (this.#folder !== undefined && existsSync(this.#folder)) rmdirSync(this.#folder);
  }

  #enable(folder: string, event: string): void {
    try {
      writeFileSync(join(folder, 'set_event'), event, { flag: 'a' });
    } catch (error) {
      throw new UsageError(
        `--trace ${event}: ${(error as Error).message}; "mptcp:*" and /sys/kernel/tracing/available_events show what there is`,
      );
    }
  }
}

function openQuietly(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** An instance of ftrace with buffers of its own, so that nobody else's tracing is touched. @throws UsageError */
function makeInstance(): string {
  // The mount goes with this run's mount namespace.
  const { status, stderr } = spawnSync('mount', ['-t', 'tracefs', 'tracefs', TRACING], { encoding: 'utf8' });
  if (status !== 0) {
    throw new UsageError(
      `--trace needs root and CONFIG_FTRACE: ${stderr.trim()}; or test the kernel in a guest: --sut kernel:...`,
    );
  }
  const instances = join(TRACING, 'instances');
  for (const name of readdirSync(instances)) {
    const pid = name.startsWith(INSTANCE) ? name.slice(INSTANCE.length) : undefined;
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmdirSync(join(instances, name));
  }
  const folder = join(instances, `${INSTANCE}${process.pid}`);
  mkdirSync(folder);
  return folder;
}

/** Adds the lines of this machine's kernel to the cells of a driver. @throws UsageError when an event cannot be traced */
export function withHostKernel(driver: Driver, watch: Watch | undefined): Driver {
  const kernel = new HostKernel(watch?.trace ?? []);
  return {
    name: driver.name,
    problems: (topology) => driver.problems(topology),
    build: async (topology, options) => {
      kernel.read();
      const begin = kernel.lines.length;
      const cell = await driver.build(topology, options);
      const kernelLines: Cell['kernelLines'] = () => {
        kernel.read();
        return Promise.resolve(kernel.lines.slice(begin));
      };
      return Object.assign(cell, { kernelLines });
    },
    close: async () => {
      await driver.close();
      kernel.close();
    },
  };
}
