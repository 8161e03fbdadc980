/** The checks that are made inside a namespace of our own: links, sockets, MPTCP, schedulers. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { spawnAgent } from '../../sut/spawn-agent.ts';
import { prepareTester } from '../../topology/tester-namespace.ts';
import { shapeArguments } from '../../topology/shaping.ts';
import { openPort } from '../../wire/raw-link.ts';
import { firstLine, lacks, works, type Check, type Subject } from '../../topology/machine/check.ts';
import { runProgram } from '../../topology/machine/program.ts';

const DEVICE = 'doctor0';
const TESTER = { ipv4: '10.0.0.1', ipv6: 'fd00::1' } as const;
const SUT = { ipv4: '10.0.0.2', ipv6: 'fd00::2' } as const;

/** Makes all checks. @param agent path of the agent's program; undefined when it could not be built */
export async function insideChecks(agent: string | undefined): Promise<Check[]> {
  const veth = await checkVeth();
  return [
    veth,
    ...(await checkRawSockets(veth.works)),
    checkMptcp(),
    await checkMptcpSocket(agent),
    checkIpv6(),
    await checkScheduler(
      'netem',
      'netem (delay and loss on links)',
      shapeArguments(DEVICE, { delay: 1, loss: 0.01 }),
      'sch_netem',
      veth.works,
    ),
    await checkScheduler(
      'tbf',
      'tbf (rates on links)',
      ['qdisc', 'replace', 'dev', DEVICE, 'root', 'tbf', 'rate', '10mbit', 'burst', '16k', 'latency', '20ms'],
      'sch_tbf',
      veth.works,
    ),
  ];
}

async function checkVeth(): Promise<Check> {
  const subject = { id: 'veth', title: 'virtual Ethernet pairs', needed: true };
  const { code, said } = await runProgram([
    'ip',
    'link',
    'add',
    DEVICE,
    'up',
    'type',
    'veth',
    'peer',
    'name',
    'doctor1',
  ]);
  if (code !== 0)
    return lacks(
      subject,
      said.split('\n')[0] ?? '',
      'the kernel needs CONFIG_VETH: sudo modprobe veth, or another kernel',
    );
  const up = await runProgram(['ip', 'link', 'set', 'doctor1', 'up']);
  return up.code === 0 ? works(subject, 'a pair was created') : lacks(subject, up.said, 'sudo modprobe veth');
}

async function checkRawSockets(isThereADevice: boolean): Promise<Check[]> {
  const subjects = (['ipv4', 'ipv6'] as const).map((family) => ({
    family,
    subject: { id: `raw-${family}`, title: `raw sockets, ${family}`, needed: true },
  }));
  if (!isThereADevice) return subjects.map(({ subject }) => lacks(subject, 'no device to open one on', 'see veth'));
  try {
    await prepareTester();
  } catch (error) {
    return subjects.map(({ subject }) =>
      lacks(subject, firstLine(error), 'check that /proc/sys is writable in new namespaces'),
    );
  }
  return subjects.map(({ family, subject }) => checkRawSocket(subject, family));
}

function checkRawSocket(subject: Subject, family: 'ipv4' | 'ipv6'): Check {
  try {
    const port = openPort({
      device: DEVICE,
      link: 'doctor',
      family,
      testerAddress: TESTER[family],
      sutAddress: SUT[family],
      onPacket: () => undefined,
    });
    port.close();
    return works(subject, `opened and bound to ${DEVICE}`);
  } catch (error) {
    return lacks(
      subject,
      firstLine(error),
      'npm rebuild raw-socket; in a container, --cap-add NET_RAW --cap-add NET_ADMIN',
    );
  }
}

const MPTCP_SYSCTLS = '/proc/sys/net/mptcp';

/** Does the kernel have MPTCP, is it switched on, and how is it set? */
function checkMptcp(): Check {
  const subject = { id: 'mptcp', title: 'MPTCP in the kernel', needed: true };
  if (!existsSync(`${MPTCP_SYSCTLS}/enabled`)) {
    return lacks(
      subject,
      `no ${MPTCP_SYSCTLS}/enabled`,
      'this kernel was built without CONFIG_MPTCP: use one that has it',
    );
  }
  const settings = readdirSync(MPTCP_SYSCTLS)
    .sort()
    .map((name) => `${name}=${readFileSync(`${MPTCP_SYSCTLS}/${name}`, 'utf8').trim()}`);
  return works(subject, settings.join(' '));
}

async function checkMptcpSocket(agent: string | undefined): Promise<Check> {
  const subject = { id: 'mptcp-socket', title: 'MPTCP sockets', needed: true };
  if (agent === undefined) return lacks(subject, 'no agent to open one', 'see agent');
  try {
    const process = await spawnAgent({ command: [agent, '--die-with-parent'], name: 'doctor', timeoutMs: 3000 });
    try {
      // Some distributions switch MPTCP off in new namespaces; a run switches it on for itself.
      await process.request('sysctl-set', { name: 'net.mptcp.enabled', value: '1' });
      await process.request('socket', { family: 'ipv4' });
      await process.request('socket', { family: 'ipv6' });
    } finally {
      await process.close();
    }
    return works(subject, 'the agent opened one of each family');
  } catch (error) {
    return lacks(
      subject,
      firstLine(error),
      'use a kernel with CONFIG_MPTCP and CONFIG_MPTCP_IPV6; check for a sysctl or policy that refuses',
    );
  }
}

function checkIpv6(): Check {
  const subject = { id: 'ipv6', title: 'IPv6', needed: true };
  return existsSync('/proc/sys/net/ipv6/conf/all')
    ? works(subject, 'in the kernel')
    : lacks(subject, 'disabled in the kernel', 'start it without ipv6.disable=1');
}

async function checkScheduler(
  id: string,
  title: string,
  args: readonly string[],
  module: string,
  isThereADevice: boolean,
): Promise<Check> {
  const subject = { id, title, needed: false };
  if (!isThereADevice) return lacks(subject, 'no device to shape', 'see veth');
  const { code, said, isMissing } = await runProgram(['tc', ...args]);
  if (isMissing) return lacks(subject, 'no tc on the PATH', 'sudo apt-get install -y iproute2');
  if (code === 0) return works(subject, 'a device was shaped');
  return lacks(
    subject,
    said.split('\n')[0] ?? '',
    `sudo modprobe ${module}, or a kernel that has it; without it the tester shapes links itself`,
  );
}
