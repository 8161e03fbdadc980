/** `vitest`: Vitest itself on the suites, in a namespace of the run's own. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { projectRoot } from '../inputs/project.ts';
import { enterNamespace } from './enter.ts';

/** Beside this file, compiled or not. */
const CONFIG = fileURLToPath(
  new URL(`./vitest/suites.config${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Runs Vitest with these arguments and returns its exit code. */
export async function vitest(args: readonly string[], argv: readonly string[]): Promise<number> {
  const inside = await enterNamespace(argv);
  if (inside !== undefined) return inside;
  const folder = dirname(createRequire(import.meta.url).resolve('vitest/package.json'));
  const child = execa(process.execPath, [join(folder, 'vitest.mjs'), ...args, '--config', CONFIG], {
    cwd: projectRoot(),
    stdio: 'inherit',
    reject: false,
  });
  // Signals reach this process alone, and Vitest must not outlive it.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process
    .on('SIGINT', passOn)
    .on('SIGTERM', passOn)
    .on('exit', () => child.kill('SIGKILL'));
  return (await child).exitCode ?? 2;
}
