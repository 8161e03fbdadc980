/** One long-lived `ip -batch -` for many small jobs: starting a process for each would cost more than the job. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { TopologyError } from './types.ts';

/** The error of `ip` for one line of a job. */
export interface LineFailure {
  /** The line, as given. */
  line: string;
  /** The complaint, one or more lines. */
  text: string;
}

interface Job {
  fence: string;
  lines: readonly string[];
  resolve: (failures: LineFailure[]) => void;
  reject: (error: TopologyError) => void;
}

interface Question {
  device: string;
  resolve: (answer: string | undefined) => void;
  reject: (error: TopologyError) => void;
}

const REMEDY = 'install iproute2 (apt-get install iproute2) and check that PATH contains /usr/sbin';

function searchPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
}

/** The environment for iproute2's programs: messages in English, and the directories where they live. */
export function iprouteEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: searchPath() };
}

/**
 * Splits what `ip -force -batch -` wrote to standard error for one job: every failed line ends with
 * `Command failed -:<line number>`.
 *
 * @param firstLine number of the job's first line within the batch, from 1
 */
export function splitFailures(text: string, lines: readonly string[], firstLine: number): LineFailure[] {
  const failures: LineFailure[] = [];
  let rest = text;
  for (const match of text.matchAll(/Command failed -:(\d+)\n/g)) {
    const end = rest.indexOf(match[0]);
    const number = Number(match[1]);
    failures.push({
      line: lines[number - firstLine] ?? `line ${number} of the batch`,
      text: rest.slice(0, end).trim(),
    });
    rest = rest.slice(end + match[0].length);
  }
  return failures;
}

/** A running `ip -force -batch -`. Jobs are done in the order given. */
export class IpBatch {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #jobs: Job[] = [];
  readonly #ended: Promise<void>;
  readonly #questions = new Set<Question>();
  #said = '';
  #shown = '';
  #linesGiven = 0;
  #fences = 0;
  #failure: TopologyError | undefined;

  /** @param options arguments before `-force -batch -`, such as `-6` */
  constructor(...options: string[]) {
    this.#child = spawn('ip', [...options, '-oneline', '-force', '-batch', '-'], { env: iprouteEnvironment() });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#see(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#child.stdin.on('error', (error) => this.#fail(`cannot be written to: ${error.message}`));
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#fail(`cannot be started: ${error.message}; ${REMEDY}`);
        resolve();
      });
      this.#child.on('close', (code, signal) => {
        this.#fail(`ended (${signal ?? `status ${code ?? 'unknown'}`}): ${this.#said.trim()}`);
        resolve();
      });
    });
  }

  /**
   * Does the lines; a failed one does not stop the others.
   *
   * @returns what failed, empty when all went well
   * @throws TopologyError when `ip` itself is gone
   */
  run(lines: readonly string[]): Promise<LineFailure[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#fences += 1;
      const fence = `fence-${this.#fences}`;
      this.#jobs.push({ fence, lines, resolve, reject });
      // `ip` refuses an object that it does not know on standard error, which is unbuffered: a fence in order with
      // the other complaints.
      this.#child.stdin.write([...lines, fence].map((line) => `${line}\n`).join(''));
    });
  }

  /**
   * Asks for one device.
   *
   * @returns the line of `ip link show`, or `undefined` when there is no such device
   * @throws TopologyError when `ip` itself is gone
   */
  showLink(device: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const question: Question = { device, resolve, reject };
      this.#questions.add(question);
      this.run([`link show dev ${device}`]).then((failures) => {
        // The answer comes by another pipe, and may be still on its way when the fence is here.
        if (failures.length > 0) {
          this.#questions.delete(question);
          resolve(undefined);
        }
      }, reject);
    });
  }

  /** Ends the process once all jobs are done. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #hear(text: string): void {
    this.#said += text;
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      const fence = new RegExp(`^Object "${job.fence}" is unknown[^\n]*\nCommand failed -:\\d+\n`, 'm').exec(
        this.#said,
      );
      if (fence === null) {
        return;
      }
      const failures = splitFailures(this.#said.slice(0, fence.index), job.lines, this.#linesGiven + 1);
      this.#linesGiven += job.lines.length + 1;
      this.#said = this.#said.slice(fence.index + fence[0].length);
      this.#jobs.shift();
      job.resolve(failures);
    }
  }

  #see(text: string): void {
    const lines = (this.#shown + text).split('\n');
    this.#shown = lines.pop() ?? '';
    for (const line of lines) {
      const device = /^\d+: ([^@: ]+)/.exec(line)?.[1];
      const question = [...this.#questions].find((one) => one.device === device);
      if (question !== undefined) {
        this.#questions.delete(question);
        question.resolve(line);
      }
    }
  }

  #fail(why: string): void {
    this.#failure ??= new TopologyError(`ip -batch: ${why}`);
    for (const job of this.#jobs.splice(0)) {
      job.reject(this.#failure);
    }
    for (const question of this.#questions) {
      question.reject(this.#failure);
    }
    this.#questions.clear();
  }
}
