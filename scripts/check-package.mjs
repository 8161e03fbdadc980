#!/usr/bin/env node
/**
 * The package as users get it: `npm pack`, installed into an empty folder, where `init` writes an example that `lint` and
 * `run` take. Exits 1 with the output of the first command that fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-package-'));
const app = join(folder, 'app');

function call(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${command} ${args.join(' ')}\n`);
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  return stdout;
}

try {
  call(root, 'npm', 'pack', '--pack-destination', folder);
  const [archive] = readdirSync(folder);
  mkdirSync(app);
  call(app, 'npm', 'install', '--no-audit', '--no-fund', join(folder, archive));
  call(app, 'npx', 'mptcp-conformance', 'init', '--prefix', 'acme');
  call(app, 'npx', 'mptcp-conformance', 'lint');
  call(app, 'npx', 'mptcp-conformance', 'run', 'acme');
  for (const name of readdirSync(join(app, 'suites'))) {
    const text = readFileSync(join(app, 'suites', name), 'utf8');
    const schema = resolve(app, 'suites', /\$schema=(\S+)/.exec(text)?.[1] ?? 'none');
    JSON.parse(readFileSync(schema, 'utf8'));
    if (!schema.startsWith(join(app, 'node_modules'))) throw new Error(`${name}: ${schema} is not in the folder`);
  }
} catch (error) {
  process.stderr.write(`check-package: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
