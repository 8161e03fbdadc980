/** A run sends nothing out of its own namespaces, and nothing of it listens outside of them. */
import { join } from 'node:path';
import { readFileSync, statSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildProgram, execute, PROGRAM, temporaryFolder } from './testing/command.ts';

/**
 * Runs a command in a namespace whose default routes lead to a device where nobody answers. Writes what the kernel counted
 * there, and every socket that was seen open there, ten times a second.
 */
const WATCHED = `
ip link set lo up
ip link add out type veth peer name beyond && ip link set out up && ip link set beyond up
ip addr add 192.0.2.1/24 dev out && ip route add default via 192.0.2.254
ip -6 addr add 2001:db8::1/64 dev out nodad && ip -6 route add default via 2001:db8::fe
ip neigh add 192.0.2.254 lladdr 02:00:00:00:00:01 dev out
ip -6 neigh add 2001:db8::fe lladdr 02:00:00:00:00:01 dev out
trap 'kill $watcher' EXIT
while sleep 0.1; do cat /proc/net/{tcp,tcp6,udp,udp6,raw,raw6} | grep -v local_address; done > "$1/sockets" & watcher=$!
shift_to=$1; shift
"$@" > "$shift_to/output" 2>&1; echo $? > "$shift_to/code"
cp /proc/net/snmp "$shift_to/snmp"; cp /proc/net/snmp6 "$shift_to/snmp6"
`;

/** A counter of `/proc/net/snmp`: names in one line, values in the next. */
function ipv4Counter(text: string, protocol: string, name: string): number {
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith(`${protocol}: `));
  const at = names.split(' ').indexOf(name);
  if (at < 0) throw new Error(`/proc/net/snmp has no ${protocol} ${name}`);
  return Number(values.split(' ')[at]);
}

function ipv6Counter(text: string, name: string): number {
  const found = new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(text);
  if (found === null) throw new Error(`/proc/net/snmp6 has no ${name}`);
  return Number(found[1]);
}

interface Seen {
  code: number;
  output: string;
  /** IPv4 packets that were sent from the namespace. */
  ipv4: number;
  /** IPv6 packets that were sent from it, but for those that the kernel sends on its own. */
  ipv6: number;
  /** Lines of `/proc/net/tcp` and the like. */
  sockets: string[];
}

/** Runs a command, and tells what went out of the namespace in which it was started. */
async function watch(...command: string[]): Promise<Seen> {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const bash = ['bash', '-c', WATCHED, 'watched', folder.path, ...command];
  const { stderr } = await execute(['unshare', '--net', ...bash]);
  const read = (name: string): string => readFileSync(join(folder.path, name), 'utf8');
  expect(stderr).toBe('');
  const snmp6 = read('snmp6');
  return {
    code: Number(read('code')),
    output: read('output'),
    ipv4: ipv4Counter(read('snmp'), 'Ip', 'OutRequests'),
    ipv6:
      ipv6Counter(snmp6, 'Ip6OutRequests') -
      ['Icmp6OutMLDv2Reports', 'Icmp6OutRouterSolicits', 'Icmp6OutNeighborSolicits'].reduce(
        (sum, name) => sum + ipv6Counter(snmp6, name),
        0,
      ),
    sockets: read('sockets')
      .split('\n')
      .filter((line) => line !== ''),
  };
}

describe.skipIf(process.getuid?.() !== 0)('a run', () => {
  beforeAll(() => buildProgram(), 120_000);

  test('sends nothing out of its namespaces and opens no socket outside of them', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const run = ['run', '--section', '3.6,3.4.1', '--output', folder.path];
    const seen = await watch(process.execPath, PROGRAM, ...run);
    expect(seen).toMatchObject({ code: 0, ipv4: 0, ipv6: 0, sockets: [] });
  });

  test('the watch notices what does go out, and what listens', { timeout: 60_000 }, async () => {
    const send = `
      require('node:net').createServer().listen(7000, '192.0.2.1');
      for (const [type, address] of [['udp4', '198.51.100.7'], ['udp6', '2001:db8:1::7']])
        require('node:dgram').createSocket(type).send('x', 9, address, () => undefined);
      setTimeout(() => process.exit(), 500);`;
    const seen = await watch(process.execPath, '-e', send);
    expect(seen.ipv4).toBeGreaterThan(0);
    expect(seen.ipv6).toBeGreaterThan(0);
    expect(seen.sockets.join('\n')).toContain('010200C0:1B58');
  });

  test('makes files that only their owner can write, and folders likewise', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    await execute([process.execPath, PROGRAM, 'run', '--section', '3.6', '--family', 'ipv4', '--output', folder.path]);
    const made = readdirSync(folder.path, { recursive: true, encoding: 'utf8' });
    expect(made).toContain('results.json');
    expect(made.filter((name) => (statSync(join(folder.path, name)).mode & 0o022) !== 0)).toEqual([]);
  });
});
