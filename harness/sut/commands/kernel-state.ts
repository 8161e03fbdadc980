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
    does: '`net.mptcp.enabled`, or `net/mptcp/enabled`; the second form where a part of the name holds a dot.',
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
    does: 'The counters whose key begins with `prefix=`. Keys are `MPTcpExt.MPCapableSYNRX`, `TcpExt.TCPTimeouts`, `Tcp.PassiveOpens`, `Ip6InReceives`: the sections of `/proc/net/netstat` and `/proc/net/snmp`, and the names of `/proc/net/snmp6`.',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
