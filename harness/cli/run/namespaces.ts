/** Can this user make the namespaces that a run needs? And if not, what is to be done? */
import { ExplainedError } from '../../document/explained-error.ts';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { enterCommand } from '../../topology/tester-namespace.ts';

/** No namespace can be made; the message says why and what to do. */
export class NamespaceError extends ExplainedError {
  override readonly name = 'NamespaceError';
}

/** Why namespaces cannot be made here. */
export interface NamespaceProblem {
  /** The attempt and its result. */
  message: string;
  remedy: string;
}

/** Settings of the kernel that keep ordinary users from namespaces, and what to do about each. */
const GATES: readonly { file: string; closed: (value: number) => boolean; remedy: string }[] = [
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    closed: (value) => value === 0,
    remedy: 'sudo sysctl kernel.unprivileged_userns_clone=1, or run as root',
  },
  {
    file: '/proc/sys/user/max_user_namespaces',
    closed: (value) => value === 0,
    remedy: 'sudo sysctl user.max_user_namespaces=10000, or run as root',
  },
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    closed: (value) => value === 1,
    remedy: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root',
  },
];

/** Makes the namespaces of a run around a program that does nothing; undefined when that works. */
export function namespaceProblem(): NamespaceProblem | undefined {
  const [program = '', ...args] = enterCommand(['true']);
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  if (result.error !== undefined) {
    const message = `cannot start "${program}": ${result.error.message}`;
    return { message, remedy: 'install util-linux: sudo apt-get install -y util-linux' };
  }
  if (result.status === 0) return undefined;
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  const what = said === '' ? `ended with ${result.status ?? result.signal ?? 'nothing'}` : said;
  const as = process.getuid?.() === 0 ? 'root' : 'an ordinary user';
  return { message: `cannot create a network namespace as ${as}: ${what}`, remedy: remedyFor(what) };
}

function remedyFor(said: string): string {
  if (/unrecognized option|invalid option/.test(said))
    return 'this unshare lacks an option: install a newer util-linux';
  const isRoot = process.getuid?.() === 0;
  const gates = GATES.filter(({ file, closed }) => {
    const value = settingOf(file);
    return value !== undefined && closed(value);
  });
  // Root needs no user namespace, and is stopped by a limit only.
  const [gate] = isRoot ? [] : gates;
  if (gate !== undefined) return gate.remedy;
  if (/No space left/.test(said)) {
    return 'the limit of namespaces is reached: sudo sysctl user.max_net_namespaces=10000 user.max_mnt_namespaces=10000';
  }
  if (isRoot) {
    return (
      'this root lacks CAP_SYS_ADMIN; in a container, start it with --cap-add SYS_ADMIN --cap-add NET_ADMIN ' +
      '--cap-add NET_RAW --security-opt apparmor=unconfined'
    );
  }
  return 'run as root; in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined';
}

function settingOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    // A kernel without the setting does not have the gate.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
