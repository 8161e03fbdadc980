/** The tester's own network namespace: how to get in, how it is set up, and the guard that keeps us inside. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { OUTSIDE_VARIABLE, networkNamespace, outsideProblem } from '../wire/inside.ts';
import { IpBatch } from './ip-batch.ts';
import { TopologyError } from './types.ts';

/** Every link's IPv4 prefix is cut from here. */
const TESTER_IPV4 = '10.0.0.0/8';
/** Every link's IPv6 prefix is cut from here. */
const TESTER_IPV6 = 'fd00::/8';
/** Routing table of the links; only packets that carry our mark see it. */
export const LINK_TABLE = 100;

/** Routing table that makes every address of the prefixes ours on input. */
const LOCAL_TABLE = 101;

/**
 * The command line that runs a program in a fresh network and mount namespace, as root of a fresh user namespace
 * where we are not root. Everything that the program builds dies with it.
 *
 * @param argv program and arguments
 * @param uid user who will run it; this process's unless told
 */
export function enterCommand(argv: readonly string[], uid = process.getuid?.()): string[] {
  const user = uid === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...user, '--net', '--mount', '--', 'env', `${OUTSIDE_VARIABLE}=${networkNamespace()}`, ...argv];
}

/**
 * Refuses to go on outside of a namespace that the run made.
 *
 * @throws TopologyError with the remedy
 */
export function assertInsideTester(): void {
  const problem = outsideProblem();
  if (problem !== undefined) {
    throw new TopologyError(problem);
  }
}

/** Name below /proc/sys/net, value. */
const SYSCTLS: readonly (readonly [string, string])[] = [
  ['ipv4/ip_forward', '0'],
  ['ipv6/conf/all/forwarding', '0'],
  // A SUT may use any source address; the larger of `all` and the device's value counts.
  ['ipv4/conf/all/rp_filter', '0'],
  ['ipv4/conf/default/rp_filter', '0'],
  // No link-local addresses, solicitations or advertisements: the links carry the test and nothing else.
  ['ipv6/conf/default/addr_gen_mode', '1'],
  ['ipv6/conf/default/accept_ra', '0'],
  ['ipv6/conf/default/autoconf', '0'],
  ['ipv6/conf/default/router_solicitations', '0'],
  ['ipv6/conf/default/dad_transmits', '0'],
];

/**
 * One processor takes in what comes from the links, so that packets keep their order and a fence its meaning.
 * Kernels before 6.3 lack the setting.
 */
function keepOrder(): void {
  const path = '/proc/sys/net/core/rps_default_mask';
  try {
    if (existsSync(path)) {
      writeFileSync(path, '1');
    }
  } catch {
    // Refused where the first processor is set aside. Order is then what it is on any machine: nearly always kept.
  }
}

/**
 * Container engines mount /proc/sys read-only. In our own mount namespace it can be made writable; the sysctls below
 * `net` are those of our network namespace. Where that is refused, setting one says so.
 */
function makeSysctlsWritable(): void {
  const isReadOnly = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => / \/proc\/sys (?:ro|[^ ]*,ro)[, ]/.test(line));
  if (isReadOnly) spawnSync('mount', ['-o', 'remount,bind,rw', '/proc/sys'], { stdio: 'ignore' });
}

function setSysctl(name: string, value: string): void {
  const path = `/proc/sys/net/${name}`;
  try {
    if (readFileSync(path, 'utf8').trim() !== value) {
      writeFileSync(path, value);
    }
  } catch (cause) {
    const remedy =
      name.startsWith('ipv6/') && !existsSync('/proc/sys/net/ipv6')
        ? "the tester's kernel needs IPv6 (is it started with ipv6.disable=1?)"
        : 'check that /proc/sys is mounted writable';
    throw new TopologyError(`tester: cannot set ${path} to ${value}: ${String(cause)}; ${remedy}`, { cause });
  }
}

/**
 * Rules of one family. Our packets carry mark 1 and find the links. Packets of the tester's own kernel
 * (resets for connections that it does not know, answers to echoes) have no mark and meet a blackhole. Packets
 * from a link are for us, for every address of the prefix.
 */
function routing(prefix: string, ownAddress: string): string[] {
  return [
    'link set dev lo up',
    `rule add pref 5 fwmark 1 lookup ${LINK_TABLE}`,
    `rule add pref 6 iif lo to ${prefix} blackhole`,
    `rule add pref 7 to ${prefix} lookup ${LOCAL_TABLE}`,
    `route add local ${prefix} dev lo table ${LOCAL_TABLE}`,
    // A raw socket wants some source address to exist, although our packets bring their own.
    `addr add ${ownAddress} dev lo`,
  ];
}

async function setRouting(options: string[], lines: string[]): Promise<void> {
  const batch = new IpBatch(...options);
  try {
    // Another worker in this namespace may have been first.
    const failures = (await batch.run(lines)).filter(({ text }) => !/File exists|already assigned/.test(text));
    const [first] = failures;
    if (first !== undefined) {
      throw new TopologyError(`tester: \`ip ${options.join(' ')} ${first.line}\` failed: ${first.text}`);
    }
  } finally {
    await batch.close();
  }
}

async function prepare(): Promise<void> {
  assertInsideTester();
  makeSysctlsWritable();
  for (const [name, value] of SYSCTLS) {
    setSysctl(name, value);
  }
  keepOrder();
  await Promise.all([
    setRouting(['-4'], routing(TESTER_IPV4, '10.255.255.254/32')),
    setRouting(['-6'], [...routing(TESTER_IPV6, 'fdff:ffff::1/128')]),
  ]);
}

let prepared: Promise<void> | undefined;

/**
 * Sets up the tester namespace that this process is in: loopback, routing rules, sysctls. Does it once a process, and
 * does no harm when several processes in the namespace do it.
 *
 * @throws TopologyError outside of a tester namespace, or when the kernel refuses
 */
export function prepareTester(): Promise<void> {
  prepared ??= prepare();
  return prepared;
}
