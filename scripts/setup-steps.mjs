/** Makes a clone ready to run: each step does nothing when there is nothing to do. Plain JavaScript, no dependencies. */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import {
  addonProblem,
  agentStale,
  buildStale,
  findCommand,
  installReason,
  missingMessage,
  missingNeeds,
  nodeProblem,
  sourceStamp,
} from './setup-checks.mjs';

/** Set-up cannot go on; `code` is the exit code. */
export class SetupError extends Error {
  constructor(message, code = 2) {
    super(message);
    this.name = 'SetupError';
    this.code = code;
  }
}

/** What `setup --with` installs besides what a run needs. */
export const EXTRAS = {
  tests: "programs that the project's own tests call: tshark, tcpdump, Chromium, QEMU, cross compilers",
  kernels: 'QEMU and cross compilers for --sut kernel:, also of other architectures',
  docker: 'the Docker daemon for --sut docker; it changes firewall rules when it starts',
};

/** Reads the arguments of `setup`. @throws SetupError */
export function extrasOf(args) {
  const words = args.flatMap((word, at) => {
    if (word.startsWith('--with=')) return word.slice('--with='.length).split(',');
    if (args[at - 1] === '--with') return word.split(',');
    return word === '--with' && args[at + 1] !== undefined ? [] : [word];
  });
  const wrong = words.find((word) => !Object.hasOwn(EXTRAS, word));
  if (wrong === undefined) return words;
  const lines = Object.entries(EXTRAS).map(([name, what]) => `  --with ${name.padEnd(8)} ${what}`);
  const usage = `npm run setup -- [--with ${Object.keys(EXTRAS).join(',')}]\n${lines.join('\n')}`;
  if (['--help', '-h'].includes(wrong)) throw new SetupError(`usage: ${usage}`, 0);
  throw new SetupError(`unknown argument "${wrong}"; usage: ${usage}`);
}

/**
 * Everything, in order.
 *
 * @param extras names of {@link EXTRAS}
 * @param native whether raw sockets and the agent are needed; otherwise nothing is compiled but TypeScript
 */
export function setUp(root, { extras = [], native = true } = {}) {
  requireNode();
  const reason = installReason(root);
  if (!native) {
    if (reason !== undefined) installPackages(root, reason);
    build(root);
    return;
  }
  const compile = reason !== undefined || agentStale(root) || addonProblem(root) !== undefined;
  installNeeds([...(compile ? ['compile'] : []), ...extras]);
  if (reason !== undefined) installPackages(root, reason);
  requireAddon(root);
  buildAgent(root);
  build(root);
}

export function requireNode() {
  const problem = nodeProblem(process.version);
  if (problem !== undefined) throw new SetupError(problem);
}

/** Installs what the operating system lacks, as root on a Debian; says what is missing otherwise. */
export function installNeeds(occasions) {
  const missing = missingNeeds(occasions);
  if (missing.length === 0) return;
  const apt = findCommand('apt-get');
  if (process.getuid?.() !== 0 || apt === undefined) throw new SetupError(missingMessage(missing));
  const packages = [...new Set(missing.flatMap((need) => need.apt.split(' ')))];
  const why = occasions.filter((one) => Object.hasOwn(EXTRAS, one)).map((one) => `${one}: ${EXTRAS[one]}`);
  say(`installing ${packages.join(' ')}${why.length === 0 ? '' : ` (${why.join('; ')})`}`);
  const install = () =>
    run(apt, ['install', '-y', '--no-install-recommends', ...packages], { env: QUIET_APT, allowFailure: true });
  if (install() !== 0) {
    run(apt, ['update'], { env: QUIET_APT });
    if (install() !== 0) throw new SetupError(missingMessage(missing));
  }
  const still = missingNeeds(occasions);
  if (still.length > 0) throw new SetupError(missingMessage(still));
}

const QUIET_APT = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

function installPackages(root, reason) {
  say(`${reason}: npm ci`);
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, remedy: 'npm says why above' });
}

/** The addon has to fit this Node.js: one built for another is built again, once. */
function requireAddon(root) {
  if (addonProblem(root) === undefined) return;
  // It is optional, so npm leaves it out where it could not be compiled.
  if (!existsSync(join(root, 'node_modules', 'raw-socket'))) installPackages(root, 'raw-socket is missing');
  if (addonProblem(root) === undefined) return;
  say('raw-socket does not load: npm rebuild raw-socket');
  run('npm', ['rebuild', 'raw-socket', '--foreground-scripts'], { cwd: root, allowFailure: true });
  const check = spawnSync(process.execPath, ['-e', 'require("raw-socket")'], { cwd: root, encoding: 'utf8' });
  if (check.status === 0) return;
  const why = /Error: (.*)/.exec(check.stderr)?.[1] ?? 'it still does not load';
  throw new SetupError(
    `raw-socket does not load: ${why}; look at the compiler's output above; after an upgrade of Node.js: ` +
      'rm -r node_modules/raw-socket/build && npm rebuild raw-socket; with npm 11 and later: npm install-scripts approve raw-socket',
  );
}

function buildAgent(root) {
  if (!agentStale(root)) return;
  say('building the agent');
  run('make', ['-s', '-C', join(root, 'docker', 'agent')], { remedy: 'sudo apt-get install -y gcc make libc6-dev' });
}

/** Compiles `harness` to `dist`, beside the old one and swapped in when it is whole. */
export function build(root) {
  if (!buildStale(root)) return;
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) throw new SetupError('dist is out of date and typescript is not installed; run: npm ci');
  // The compiler would name each missing package a hundred times.
  const reason = installReason(root);
  if (reason !== undefined) throw new SetupError(`${reason}; run: npm ci`);
  // Taken before the compiler reads the sources: what changes meanwhile makes the stamp stale, as it should.
  const stamp = sourceStamp(root);
  const fresh = join(root, `dist.${process.pid}.tmp`);
  say('compiling');
  try {
    run(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], { cwd: root });
    writeFileSync(join(fresh, '.stamp'), stamp);
    // Another command may have built the same meanwhile, and uses it.
    if (buildStale(root)) swapIn(fresh, join(root, 'dist'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Replaces a folder. Another command may do the same at this moment: either result will do. */
function swapIn(fresh, folder) {
  const old = `${fresh}.old`;
  try {
    renameSync(folder, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Standard output belongs to the program that comes after. */
function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function run(command, args, { cwd, env, allowFailure = false, remedy } = {}) {
  const result = spawnSync(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 2, 2] });
  const line = [command, ...args].join(' ');
  if (result.error !== undefined) throw new SetupError(`${line}: ${result.error.message}`);
  if (result.signal !== null)
    throw new SetupError(`${line}: ended by ${result.signal}`, 128 + constants.signals[result.signal]);
  if (result.status !== 0 && !allowFailure) {
    throw new SetupError(`${line}: ended with code ${result.status}${remedy === undefined ? '' : `; ${remedy}`}`);
  }
  return result.status;
}
