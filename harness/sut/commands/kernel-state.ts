/** Commands of the agent's protocol: sysctls and counters. */
import { needed, text, type CommandRow } from './kinds.ts';

/** The commands, by name. */
export const KERNEL_STATE_COMMANDS = {
  'sysctl-set': {
    group: 'kernel-state',
    args: { name: needed(text), value: needed(text) },
    answers: {},
    feature: 'sysctl',
    suites: {},
    does: 'The name is `net.mptcp.enabled` or `net/mptcp/enabled`; the second form is for names with a dot in a component.',
  },
  'sysctl-get': {
    group: 'kernel-state',
    args: { name: needed(text) },
    answers: { value: text },
    feature: 'sysctl',
    suites: {},
    does: '`value=`',
  },
  counters: {
    group: 'kernel-state',
    args: { prefix: text },
    answers: 'open',
    feature: 'counters',
    does: 'Answers the counters whose key begins with `prefix=`. Keys are `MPTcpExt.MPCapableSYNRX`, `TcpExt.TCPTimeouts`, `Tcp.PassiveOpens`, `Ip6InReceives`: section and name in `/proc/net/netstat` and `/proc/net/snmp`, name in `/proc/net/snmp6`.',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
