/** `vitest`: Vitest itself on the suites, in a namespace of the run's own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { enterNamespace } from './enter.ts';
import { projectRoot } from '../inputs/project.ts';

/** Runs Vitest with these arguments and returns its exit code. */
export async function vitest(args: readonly string[], argv: readonly string[]): Promise<number> {
  const inside = await enterNamespace(argv);
  if (inside !== undefined) return inside;
  const root = projectRoot();
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [program, ...args, '--config', join(root, 'vitest.suites.config.ts')], {
    cwd: root,
    stdio: 'inherit',
  });
  // Signals reach this process alone, and Vitest must not outlive it.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process
    .on('SIGINT', passOn)
    .on('SIGTERM', passOn)
    .on('exit', () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 2));
  });
}
