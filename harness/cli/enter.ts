/** Gets a command into a network namespace of the run's own. */
import { spawn } from 'node:child_process';
import { enterCommand } from '../topology/tester-namespace.ts';
import { outsideProblem } from '../wire/inside.ts';

/**
 * Starts the same command in a namespace of the run's own and gives its exit code; undefined when this process is in
 * one already and should do the work itself.
 *
 * @throws Error when no namespace can be made
 */
export async function enterNamespace(argv: readonly string[]): Promise<number | undefined> {
  if (outsideProblem() === undefined) return undefined;
  const [program = '', ...rest] = enterCommand([process.execPath, ...process.execArgv, process.argv[1] ?? '', ...argv]);
  const child = spawn(program, rest, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  // The terminal sends the interrupt to both; the child decides when it ends.
  const ignore = (): void => undefined;
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (error) => {
        const remedy = 'install util-linux, and see with "mptcp-conformance doctor" whether namespaces are allowed';
        reject(new Error(`cannot start "${program}": ${error.message}; ${remedy}`));
      });
      child.on('exit', (code) => resolve(code ?? 2));
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', passOn);
  }
}
