#!/usr/bin/env node
/**
 * From a fresh clone to a result: `node scripts/bootstrap.mjs [setup|build|start|test] [args...]`.
 *
 * Everything needed is installed and built first, and nothing when all is there. `start` and `test` then run in this
 * same process, so that exit codes and signals are those of the program itself.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, extrasOf, requireNode, setUp, SetupError } from './setup-steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command = 'setup', ...rest] = process.argv.slice(2);

async function become(program, args) {
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}

/** Whether the stack to judge runs in memory: `--sut reference`. It needs neither the agent nor raw sockets. */
function isInMemory(args) {
  const at = args.indexOf('--sut');
  const named = args.find((word) => word.startsWith('--sut='))?.slice('--sut='.length) ?? (at < 0 ? '' : args[at + 1]);
  return /^reference(:|$)/.test(named ?? '');
}

/** The report is for people: CI leaves it out, and keeps files of some tens of MB instead of hundreds. */
function withAllure(args) {
  const rest = args.filter((word) => word !== '--no-allure');
  return rest.length < args.length ? rest : ['--allure', ...rest];
}

async function main() {
  switch (command) {
    case 'setup':
      setUp(root, { extras: extrasOf(rest) });
      process.stderr.write('set-up: ready\n');
      return;
    case 'build':
      requireNode();
      build(root);
      return;
    case 'start':
      setUp(root, { native: !isInMemory(rest) });
      await become(join(root, 'dist', 'harness', 'cli', 'main.js'), ['run', ...withAllure(rest)]);
      return;
    case 'test':
      setUp(root, { extras: ['tests'] });
      await become(join(root, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...rest]);
      return;
    default:
      throw new SetupError(`unknown command "${command}"; valid: setup, build, start, test`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = error.code;
}
