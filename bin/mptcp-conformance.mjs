#!/usr/bin/env node
/** The command: builds `dist` when its sources are newer (a clone), then becomes the program. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, requireNode, SetupError } from '../scripts/setup-steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'dist', 'harness', 'cli', 'main.js');

function prepare() {
  try {
    requireNode();
    build(root);
    if (existsSync(program)) return true;
    throw new SetupError(`${program} is missing; in a clone run: npm run setup; otherwise reinstall the package`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`mptcp-conformance: ${error.message}\n`);
    process.exitCode = error.code;
    return false;
  }
}

if (prepare()) {
  process.argv = [process.execPath, program, ...process.argv.slice(2)];
  await import(pathToFileURL(program).href);
}
