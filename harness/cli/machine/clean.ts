/** `clean`: takes away what killed runs left. */
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { OUTSIDE_VARIABLE } from '../../wire/inside.ts';
import type { Leftover } from '../../topology/machine/leftover.ts';
import { stackLeftovers } from '../../topology/stacks/registry.ts';
import { isLauncherAlive, LAUNCHER_VARIABLE, startTime } from '../../topology/machine/launcher.ts';
import { projectRoot } from '../inputs/project.ts';

/** Options of the command. */
export interface CleanOptions {
  dryRun: boolean;
  /** Output folder of runs. */
  output: string;
}

/** Removes all leftovers and lists them; returns the exit code. */
export async function clean(options: CleanOptions): Promise<0 | 2> {
  const leftovers = [
    ...orphans(),
    ...unfinishedFiles(resolve(options.output)),
    ...(await stackLeftovers(projectRoot())),
  ];
  let failed = 0;
  for (const { what, remove } of leftovers) {
    if (options.dryRun) {
      process.stdout.write(`would remove ${what}\n`);
      continue;
    }
    try {
      await remove();
      process.stdout.write(`removed ${what}\n`);
    } catch (error) {
      failed++;
      process.stdout.write(
        `cannot remove ${what}: ${(error as Error).message}; run "mptcp-conformance clean" as the user it belongs to\n`,
      );
    }
  }
  if (leftovers.length === 0) process.stdout.write('nothing to remove\n');
  return failed === 0 ? 0 : 2;
}

/** Processes of runs whose launcher is gone: agents, workers, the run itself. Their namespaces go with them. */
function orphans(): Leftover[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((pid) => {
      const environment = environmentOf(pid);
      const started = startTime(pid);
      if (pid === process.pid || started === undefined || environment === undefined) return [];
      const reason = orphanReason(pid, environment);
      return reason === undefined
        ? []
        : [{ what: `process ${pid} (${nameOf(pid)}): ${reason}`, remove: () => end(pid, started) }];
    });
}

/** Why a process is a leftover; undefined when it is none of ours, or its run is under way. */
function orphanReason(pid: number, environment: ReadonlyMap<string, string>): string | undefined {
  const launcher = environment.get(LAUNCHER_VARIABLE);
  if (launcher !== undefined) return isLauncherAlive(launcher) ? undefined : 'its run has ended';
  // Started by tests or by hand through enterCommand(): ours when it is our agent and no process of a run holds it.
  if (!environment.has(OUTSIDE_VARIABLE) || programOf(pid) !== join(projectRoot(), 'docker', 'agent', 'mptcp-agent'))
    return undefined;
  const parent = environmentOf(parentOf(pid));
  return parent?.has(OUTSIDE_VARIABLE) === true ? undefined : 'its tester has ended';
}

/** Environment of a process; undefined when it has ended or access is denied. */
function environmentOf(pid: number): ReadonlyMap<string, string> | undefined {
  const text = readProc(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  if (text === undefined) return undefined;
  return new Map(
    text.split('\0').map((entry): [string, string] => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** Path of a process's program, also when it has been replaced since. */
function programOf(pid: number): string | undefined {
  return readProc(() => readlinkSync(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, '');
}

function nameOf(pid: number): string {
  return readProc(() => readFileSync(`/proc/${pid}/comm`, 'utf8'))?.trim() ?? '?';
}

function parentOf(pid: number): number {
  const status = readProc(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}

/** Reads a file of /proc; undefined if the process has ended or belongs to another user. */
function readProc(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}

const LOOK_AGAIN_MS = 10;
const PATIENCE_MS = 2000;

/** Ends a process and waits until it is gone. Its number may belong to another by now, so its start time must fit. */
async function end(pid: number, started: string): Promise<void> {
  if (startTime(pid) !== started) return;
  process.kill(pid, 'SIGKILL');
  const deadline = performance.now() + PATIENCE_MS;
  // There is no event for the end of a process that is not our child.
  while (startTime(pid) === started) {
    if (performance.now() > deadline) throw new Error(`it still exists ${PATIENCE_MS} ms after SIGKILL`);
    await new Promise((next) => setTimeout(next, LOOK_AGAIN_MS));
  }
}

/** Files that were being written when their writer was killed. The writer's process id is in the name. */
function unfinishedFiles(output: string): Leftover[] {
  const root = projectRoot();
  const places: [folder: string, name: RegExp][] = [
    [output, /^\..+\.(\d+)\.tmp$/],
    [root, /^dist\.(\d+)\.tmp$/],
    [join(root, 'docker', 'agent', 'build'), /^mptcp-agent\.(\d+)\.[0-9a-f]{8}$/],
  ];
  return places.flatMap(([folder, pattern]) =>
    (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
      const pid = pattern.exec(name)?.[1];
      if (pid === undefined || startTime(Number(pid)) !== undefined) return [];
      const path = join(folder, name);
      return [
        {
          what: `unfinished ${relative(process.cwd(), path)}`,
          remove: () => rmSync(path, { recursive: true, force: true }),
        },
      ];
    }),
  );
}
