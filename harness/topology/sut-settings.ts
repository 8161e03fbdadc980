/** Settings of a SUT namespace, so that neither other scenarios nor the machine's own settings affect a scenario. */
import { readdirSync } from 'node:fs';
import { suggestion } from '../document/diagnostic.ts';
import { ExplainedError } from '../document/explained-error.ts';
import { AgentProtocolError, AgentRefused } from '../sut/types.ts';
import type { Agent } from '../sut/types.ts';
import type { Sysctl } from '../verdict/stack-info.ts';
import type { CellLink } from './contract.ts';

/**
 * Sysctl, value, and how much it matters: without a word it must work, `optional` may be missing from a kernel, and a
 * `wish` may be refused for any reason.
 */
type Setting = readonly [name: string, value: string, weight?: 'optional' | 'wish'];

/**
 * IPv4 settings of a new namespace come from the machine's, so what distributions change is set back. Everything that
 * a clause is about stays at the kernel's default.
 */
const SETTINGS: readonly Setting[] = [
  // Limits that count across connections, or that remember peers.
  ['net.ipv4.tcp_invalid_ratelimit', '0'],
  ['net.ipv4.tcp_challenge_ack_limit', '2147483647'],
  ['net.ipv4.tcp_no_metrics_save', '1'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_msgs_per_sec', '1000000', 'optional'],
  ['net.ipv4.icmp_msgs_burst', '1000000', 'optional'],
  ['net.ipv6.icmp.ratelimit', '0'],
  ['net.mptcp.blackhole_timeout', '0', 'optional'],
  // Red Hat's kernels have MPTCP switched off; a kernel without it has no such sysctl, which is for the suite to tell.
  ['net.mptcp.enabled', '1', 'optional'],
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
  ['net.ipv4.conf.all.accept_redirects', '0'],
  ['net.ipv4.conf.default.accept_redirects', '0'],
  ['net.ipv4.ip_forward', '0'],
  // A machine's own choice must not decide when packets come. Reno alone is allowed in every namespace.
  ['net.ipv4.tcp_congestion_control', 'reno', 'optional'],
  // Docker switches it off where it makes no network of its own; this goes for the devices to come, too.
  ['net.ipv6.conf.all.disable_ipv6', '0'],
  // Nothing on the wire but the test.
  ['net.ipv6.conf.default.addr_gen_mode', '1'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.default.autoconf', '0'],
  ['net.ipv6.conf.default.dad_transmits', '0'],
  // One processor takes in all packets of a link, so they keep their order whichever one the tester sends from.
  ['net.core.rps_default_mask', '1', 'wish'],
];

/**
 * Sockets that outlive their process keep the namespace alive while they wait for a peer that is gone. Set just
 * before the agent ends, when nothing is judged any more.
 */
const AT_THE_END: readonly Setting[] = [
  ['net.ipv4.tcp_orphan_retries', '1'],
  ['net.ipv4.tcp_fin_timeout', '1'],
  ['net.mptcp.close_timeout', '0', 'optional'],
];

async function apply(agent: Agent, settings: readonly Setting[]): Promise<void> {
  await Promise.all(
    settings.map(async ([name, value, weight]) => {
      try {
        await agent.request('sysctl-set', { name, value });
      } catch (error) {
        const refused = error instanceof AgentRefused ? error.code : undefined;
        const tolerated = weight === 'wish' ? refused !== undefined : weight === 'optional' && refused === 'ENOENT';
        if (!tolerated) {
          throw error;
        }
      }
    }),
  );
}

/** A setting of the user's that the stack does not take. */
export class SysctlError extends ExplainedError {
  override readonly name = 'SysctlError';
}

/**
 * Sets up a SUT namespace before its devices come.
 *
 * @param sysctls settings of the user's; they come last, so that they may override what is set here
 * @throws SysctlError when the stack does not take one of them; AgentRefused, AgentLost
 */
export async function settleNamespace(agent: Agent, sysctls: readonly Sysctl[] = []): Promise<void> {
  const { features } = agent;
  const [wish] = sysctls;
  if (wish !== undefined && !features.has('sysctl'))
    throw new SysctlError(
      `--sysctl ${wish.name}=${wish.value}: the agent of this stack does not name the feature sysctl`,
    );
  await Promise.all([
    ...(features.has('sysctl') ? [apply(agent, SETTINGS)] : []),
    ...(features.has('netlink') ? [agent.request('link-up', { dev: 'lo' })] : []),
    ...sysctls.map(({ name, value }) =>
      agent.request('sysctl-set', { name, value }).catch((error: unknown) => {
        throw error instanceof AgentRefused || error instanceof AgentProtocolError
          ? sysctlProblem({ name, value }, error)
          : error;
      }),
    ),
  ]);
}

/** The defect of a setting, and its remedy. */
function sysctlProblem({ name, value }: Sysctl, error: AgentRefused | AgentProtocolError): SysctlError {
  const setting = `--sysctl ${name}=${value}`;
  const code = error instanceof AgentRefused ? error.code : '';
  if (code === 'ENOENT')
    return new SysctlError(
      `${setting}: no such sysctl in a network namespace of the stack${suggestion(name, sysctlNames())}; ` +
        'use a name that "sysctl -a" shows in a new namespace (unshare --net)',
    );
  if (code === 'EINVAL' || code === 'ERANGE')
    return new SysctlError(
      `${setting}: the kernel refuses the value (${code}); see the kernel's ip-sysctl or mptcp-sysctl`,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return new SysctlError(
      `${setting}: cannot be set in a network namespace (${code}); use a sysctl that is per namespace`,
    );
  return new SysctlError(`${setting}: ${error.message}`);
}

/** Names that this machine's kernel has, for the nearest one. */
function sysctlNames(): string[] {
  return ['mptcp', 'ipv4', 'ipv6'].flatMap((folder) => {
    try {
      return readdirSync(`/proc/sys/net/${folder}`).map((file) => `net.${folder}.${file}`);
    } catch {
      // No such part in this kernel, or no /proc: there is nothing to suggest.
      return [];
    }
  });
}

/** Sets up the SUT's end of a link, as far as the agent can. @throws AgentRefused, AgentLost */
export async function settleLink(agent: Agent, link: CellLink): Promise<void> {
  const { sutDevice: dev, spec, sut, prefix } = link;
  // The agent answers in order, so the requests need not wait for each other.
  await Promise.all([
    ...(agent.features.has('offload') ? [agent.request('offload', { dev, off: 1 })] : []),
    ...(agent.features.has('netlink')
      ? [
          agent.request('link-up', { dev, mtu: spec.mtu }),
          ...spec.families.map((family) =>
            agent.request('addr-add', { dev, addr: `${sut[family]}/${prefix[family]}` }),
          ),
        ]
      : []),
  ]);
}

/** Lets what an agent leaves behind die soon. Never throws: an agent that is gone needs no settling. */
export async function settleEnd(agent: Agent): Promise<void> {
  if (agent.features.has('sysctl')) await Promise.allSettled([apply(agent, AT_THE_END)]);
}
