/** Runs the built program in tests, as a user would. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAUNCHER_VARIABLE, startTime } from '../../topology/machine/launcher.ts';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The program as it is built. */
export const PROGRAM = join(ROOT, 'dist', 'harness', 'cli', 'main.js');

/** A short scenario: half a second, two variants. */
export const SCENARIO = '3.1-connection-initiation/responder-handshake/mp-capable-fields';

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Environment without what Vitest puts there for its own workers. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_OPTIONS'),
  );
}

/** Compiles the sources where they are newer than what is built: one process at a time, so that one compiles for all. */
export function buildProgram(): void {
  const build = [process.execPath, join(ROOT, 'scripts', 'bootstrap.mjs'), 'build'];
  const { status, stderr, error } = spawnSync('flock', [join(ROOT, 'package.json'), ...build], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build ended with ${status ?? 'a signal'}: ${error?.message ?? stderr}`);
}

/** Runs a program to its end. */
export function execute(
  command: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return ending(begin(command, options));
}

/** Runs the program to its end. */
export function mptcpConformance(...args: string[]): Promise<Ended> {
  return execute([process.execPath, PROGRAM, ...args]);
}

/** Starts a program; its output goes where {@link ending} finds it. `detached`: in a process group of its own. */
export function begin(
  command: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; detached?: boolean } = {},
): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { cwd: ROOT, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** Waits for the end of a program. */
export function ending(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder that goes when the test does. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'cli-test-'));
  // Tests look at it as other users too.
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Waits until something holds; looks again every 20 ms, because processes and folders of others send no events. */
export async function until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what}: not so within ${limitMs} ms`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** A process of a run, and the network namespace it is in. */
export interface RunProcess {
  pid: number;
  namespace: string;
}

/** Processes that were started by the launcher with this id, themselves or through others. */
export function processesOf(launcher: number): RunProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const marked = readFileSync(`/proc/${name}/environ`, 'utf8')
          .split('\0')
          .some((entry) => entry.startsWith(`${LAUNCHER_VARIABLE}=${launcher}:`));
        // A zombie holds nothing but its number.
        if (!marked || startTime(Number(name)) === undefined) return [];
        return [{ pid: Number(name), namespace: readlinkSync(`/proc/${name}/ns/net`) }];
      } catch {
        return []; // gone meanwhile
      }
    });
}

/** Network namespaces that some process is in. */
export function namespacesInUse(): Set<string> {
  return new Set(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [readlinkSync(`/proc/${name}/ns/net`)];
        } catch {
          return []; // gone meanwhile
        }
      }),
  );
}

/** Names of the network devices of this namespace. */
export function devices(): string[] {
  return readdirSync('/sys/class/net').sort();
}
