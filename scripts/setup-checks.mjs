/** Checks what a clone still needs before it can run; changes nothing. Plain JavaScript, no dependencies. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** The oldest Node.js that works. */
export const NODE_MINIMUM = [20, 19, 0];

/** One line that says what is wrong with a Node.js version; undefined when it will do. */
export function nodeProblem(version) {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  for (let i = 0; i < NODE_MINIMUM.length; i++) {
    if (parts[i] > NODE_MINIMUM[i]) return undefined;
    if (parts[i] < NODE_MINIMUM[i]) {
      return `Node.js ${version} is too old: mptcp-conformance needs ${NODE_MINIMUM.join('.')} or newer; get it from https://nodejs.org`;
    }
  }
  return undefined;
}

/**
 * Why `npm ci` must run; undefined when what is installed is what package-lock.json says. The times decide quickly; a
 * lock file that is only newer (a fresh checkout) is compared by content.
 */
export function installReason(root) {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(lock)) return undefined;
  if (!existsSync(installed)) return 'node_modules is missing or incomplete';
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  return samePackages(lock, installed) ? undefined : 'node_modules is older than package-lock.json';
}

function samePackages(lock, installed) {
  const wanted = packagesOf(lock);
  const present = packagesOf(installed);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const there = present[path];
    // Optional packages for other platforms are listed and not installed.
    if (there === undefined && (entry.optional || entry.peer)) continue;
    if (there === undefined || there.version !== entry.version || there.integrity !== entry.integrity) return false;
  }
  return Object.keys(present).every((path) => path in wanted);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return { broken: {} };
    throw error;
  }
}

/** Whether the native addon can be loaded into this Node.js; the reason when not. */
export function addonProblem(root) {
  try {
    createRequire(join(root, 'package.json'))('raw-socket');
    return undefined;
  } catch (error) {
    return String(error.message).split('\n')[0];
  }
}

/** Whether the agent's binary is missing or older than one of its sources. */
export function agentStale(root) {
  const folder = join(root, 'docker', 'agent');
  const binary = join(folder, 'mptcp-agent');
  if (!existsSync(binary)) return true;
  const built = statSync(binary).mtimeMs;
  return walk(folder, (name) => /\.(?:[ch]|def)$|^Makefile$/.test(name)).some((file) => statSync(file).mtimeMs > built);
}

/**
 * The sources of the build, as one hash over names, sizes and times; undefined in an installed package, which
 * has no sources.
 */
export function sourceStamp(root) {
  if (!existsSync(join(root, 'harness')) || !existsSync(join(root, 'tsconfig.build.json'))) return undefined;
  const files = walk(join(root, 'harness'), (name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'));
  files.push(join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json'));
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file.slice(root.length)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Whether `dist` was not made from the sources as they are now. */
export function buildStale(root) {
  const stamp = sourceStamp(root);
  if (stamp === undefined) return false;
  const file = join(root, 'dist', '.stamp');
  return !existsSync(file) || readFileSync(file, 'utf8') !== stamp;
}

function walk(folder, wanted) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path, wanted);
    return wanted(entry.name) ? [path] : [];
  });
}

/** Programs and headers by the package that contains them, for each known package manager. */
const NEEDS = [
  { id: 'ip', command: 'ip', apt: 'iproute2', dnf: 'iproute', when: 'always' },
  { id: 'unshare', command: 'unshare', apt: 'util-linux', dnf: 'util-linux', when: 'always' },
  { id: 'cc', command: 'cc', apt: 'gcc', dnf: 'gcc', when: 'compile' },
  { id: 'c++', command: 'c++', apt: 'g++', dnf: 'gcc-c++', when: 'compile' },
  { id: 'make', command: 'make', apt: 'make', dnf: 'make', when: 'compile' },
  { id: 'C headers', file: 'stdio.h', apt: 'libc6-dev', dnf: 'glibc-static', when: 'compile' },
  { id: 'python3', command: 'python3', apt: 'python3', dnf: 'python3', when: 'compile' },
  { id: 'tshark', command: 'tshark', apt: 'tshark', dnf: 'wireshark-cli', when: 'tests' },
  { id: 'tcpdump', command: 'tcpdump', apt: 'tcpdump', dnf: 'tcpdump', when: 'tests' },
  { id: 'debootstrap', command: 'debootstrap', apt: 'debootstrap', dnf: 'debootstrap', when: 'tests' },
  {
    id: 'qemu-system-x86_64',
    command: 'qemu-system-x86_64',
    apt: 'qemu-system-x86',
    dnf: 'qemu-system-x86-core',
    when: ['tests', 'kernels'],
  },
  {
    id: 'qemu-system-aarch64',
    command: 'qemu-system-aarch64',
    apt: 'qemu-system-arm',
    dnf: 'qemu-system-aarch64-core',
    when: ['tests', 'kernels'],
  },
  {
    id: 'qemu-system-s390x',
    command: 'qemu-system-s390x',
    apt: 'qemu-system-misc',
    dnf: 'qemu-system-s390x-core',
    when: ['tests', 'kernels'],
  },
  {
    id: 'aarch64-linux-gnu-gcc',
    command: 'aarch64-linux-gnu-gcc',
    apt: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
    dnf: 'gcc-aarch64-linux-gnu',
    when: ['tests', 'kernels'],
  },
  {
    id: 's390x-linux-gnu-gcc',
    command: 's390x-linux-gnu-gcc',
    apt: 'gcc-s390x-linux-gnu libc6-dev-s390x-cross',
    dnf: 'gcc-s390x-linux-gnu',
    when: ['tests', 'kernels'],
  },
  { id: 'xz', command: 'xz', apt: 'xz-utils', dnf: 'xz', when: ['tests', 'kernels'] },
  { id: 'zstd', command: 'zstd', apt: 'zstd', dnf: 'zstd', when: ['tests', 'kernels'] },
  { id: 'dockerd', command: 'dockerd', apt: 'docker.io', dnf: 'moby-engine', when: 'docker' },
  { id: 'chromium', command: 'chromium', apt: 'chromium', dnf: 'chromium', when: 'tests' },
];

/**
 * The needs that the operating system lacks.
 *
 * @param occasions any of `compile`, `tests`, `kernels` and `docker`, besides what is always needed
 */
export function missingNeeds(
  occasions,
  path = process.env.PATH ?? '',
  includes = ['/usr/include', '/usr/local/include'],
) {
  return NEEDS.filter(({ when }) => [when].flat().some((one) => one === 'always' || occasions.includes(one))).filter(
    (need) =>
      need.command === undefined
        ? !includes.some((folder) => existsSync(join(folder, need.file)))
        : findCommand(need.command, path) === undefined,
  );
}

/** Path of a program; the administrator's folders count too, though a user's PATH may lack them. */
export function findCommand(name, path = process.env.PATH ?? '') {
  const folders = path.split(delimiter);
  if (path === (process.env.PATH ?? '')) folders.push('/usr/local/sbin', '/usr/sbin', '/sbin');
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false; // not there, or not for us: the next folder
      }
    });
}

/** One line that says what is missing and which command installs it. */
export function missingMessage(missing, path = process.env.PATH ?? '') {
  const names = missing.map((need) => need.id).join(', ');
  const packages = (key) => [...new Set(missing.map((need) => need[key]))].join(' ');
  if (findCommand('apt-get', path) !== undefined)
    return `missing: ${names}; install with: sudo apt-get install -y ${packages('apt')}`;
  if (findCommand('dnf', path) !== undefined)
    return `missing: ${names}; install with: sudo dnf install -y ${packages('dnf')}`;
  return `missing: ${names}; install what Debian calls: ${packages('apt')}`;
}
