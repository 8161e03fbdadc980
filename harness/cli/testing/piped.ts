/** For tests and benchmarks: `check` on what is written to its standard input, so that nothing large lies on the disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { plainEnvironment, PROGRAM } from './command.ts';

/** How a check went. */
export interface PipedCheck {
  code: number | null;
  /** The last that it said. */
  text: string;
  /** Memory that it needed at most, kilobytes. */
  memory: number;
  /** Processor time, milliseconds. */
  cpu: number;
}

/** Runs the built `check -` on a stream. */
export async function checkPiped(chunks: Iterable<Uint8Array> | Readable): Promise<PipedCheck> {
  const script = `process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stderr.write('used ' + maxRSS + ' ' + Math.round((userCPUTime + systemCPUTime) / 1000));
  });
  process.argv.splice(1, 0, ${JSON.stringify(PROGRAM)});
  await import(${JSON.stringify(PROGRAM)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, 'check', '-'], {
    env: plainEnvironment(),
  });
  let text = '';
  let said = '';
  child.stdout.on('data', (more: Buffer) => (text = (text + more.toString()).slice(-4000)));
  child.stderr.on('data', (more: Buffer) => (said += more.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  await pipeline(chunks instanceof Readable ? chunks : Readable.from(chunks, { objectMode: true }), child.stdin);
  const [code] = await closed;
  const [, memory, cpu] = /used (\d+) (\d+)$/.exec(said) ?? [];
  return { code, text, memory: Number(memory ?? Number.NaN), cpu: Number(cpu ?? Number.NaN) };
}
