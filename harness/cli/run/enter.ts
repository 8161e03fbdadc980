/** Gets a command into a network namespace of the run's own. */
import { spawn } from 'node:child_process';
import { enterCommand } from '../../topology/tester-namespace.ts';
import { outsideProblem } from '../../wire/inside.ts';
import { LAUNCHER_VARIABLE, launcherMark } from '../../topology/machine/launcher.ts';
import { NamespaceError, namespaceProblem } from './namespaces.ts';

/**
 * Starts the same command in a namespace of the run's own and gives its exit code; undefined when this process is in
 * one already and should do the work itself.
 *
 * @throws NamespaceError when no namespace can be made
 */
export async function enterNamespace(argv: readonly string[]): Promise<number | undefined> {
  if (outsideProblem() === undefined) return undefined;
  requireNamespaces();
  const [program = '', ...rest] = enterCommand([process.execPath, ...process.execArgv, process.argv[1] ?? '', ...argv]);
  const env = { ...process.env, [LAUNCHER_VARIABLE]: launcherMark() };
  // A session of its own: the terminal interrupts every process in front of it, and would end agents and workers in
  // the middle of what is to be finished.
  const child = spawn(program, rest, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env, detached: true });
  const entered = new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true)).once('disconnect', () => resolve(false));
  });
  // The child decides when it ends.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code, signal) => resolve({ code, signal }));
      },
    );
    // The exit code of a failed unshare would be read as a broken MUST.
    if (!(await entered)) {
      throw new NamespaceError(
        `"${program}" ended with ${signal ?? `status ${code ?? '?'}`} before the command started; see above, and "mptcp-conformance doctor"`,
      );
    }
    if (signal !== null) {
      process.stderr.write(
        `the run was ended by ${signal}${signal === 'SIGKILL' ? ', perhaps for lack of memory (see dmesg)' : ''}\n`,
      );
    }
    return code ?? 2;
  } finally {
    process.off('SIGINT', passOn).off('SIGTERM', passOn);
  }
}

function requireNamespaces(): void {
  const problem = namespaceProblem();
  if (problem === undefined) return;
  throw new NamespaceError(`${problem.message}; ${problem.remedy}; "mptcp-conformance doctor" shows more`);
}
