/** Commands of the agent's protocol: devices, addresses, routes, rules and neighbours of the stack. */
import {
  COUNT,
  FAMILY,
  flag,
  needed,
  number,
  oneOf,
  text,
  TIMEOUT,
  UINT32,
  type CommandRow,
  type ValueKind,
} from './kinds.ts';

const LINK: Readonly<Record<string, ValueKind>> = {
  dev: text,
  index: COUNT,
  up: flag,
  running: flag,
  mtu: COUNT,
  lladdr: text,
};
const TABLE = number(1, 2 ** 32 - 1);
/** A window in segments, or a segment in bytes. */
const WINDOW = number(1, 0xffff);
const ROUTE_TYPE = oneOf('unicast', 'local', 'blackhole', 'unreachable', 'prohibit', 'throw');
/** The key of a route. */
const ROUTE = {
  dst: needed(text),
  via: text,
  dev: text,
  src: text,
  metric: UINT32,
  table: TABLE,
  type: ROUTE_TYPE,
  family: FAMILY,
};

/** The commands, by name. */
export const NETWORK_COMMANDS = {
  'link-up': {
    group: 'network',
    args: { dev: needed(text), up: flag, mtu: number(1, 65_536) },
    answers: {},
    feature: 'netlink',
    suites: {},
    does: 'Sets the device up, or down with `up=0`; sets its MTU.',
  },
  'link-get': {
    group: 'network',
    args: { dev: needed(text) },
    answers: LINK,
    feature: 'netlink',
    does: '`dev= index= up= running= mtu= lladdr=`',
  },
  'link-wait': {
    group: 'network',
    args: { dev: needed(text), running: flag, timeout: TIMEOUT },
    answers: LINK,
    feature: 'netlink',
    waits: true,
    does: 'Waits until the device exists and, with `running=1`, has a carrier. Answers as `link-get`.',
  },
  offload: {
    group: 'network',
    args: { dev: needed(text), off: flag },
    answers: { off: text, on: text, lacking: text },
    feature: 'offload',
    does: 'Turns tx and rx checksum, scatter-gather, TSO, GSO and GRO off, or on with `off=0`. Answers `off=` (or `on=`) with the features that were set, and `lacking=` with those that the device does not allow to be set.',
  },
  'addr-add': {
    group: 'network',
    args: { dev: needed(text), addr: needed(text), noprefixroute: flag },
    answers: {},
    feature: 'netlink',
    suites: {},
    does: 'The address is `<address>/<length>`. IPv6 addresses skip duplicate address detection, IPv4 addresses get no broadcast address.',
  },
  'addr-del': {
    group: 'network',
    args: { dev: needed(text), addr: needed(text) },
    answers: {},
    feature: 'netlink',
    suites: {},
    does: '',
  },
  'route-add': {
    group: 'network',
    args: { ...ROUTE, replace: flag, initcwnd: WINDOW, initrwnd: WINDOW, advmss: WINDOW },
    answers: {},
    feature: 'netlink',
    does: '`dst=<prefix>` or `default`. `type=` `unicast`, `local`, `blackhole`, `unreachable`, `prohibit` or `throw`. `family=` is needed only if no address implies it. `initcwnd=` `initrwnd=` (segments) and `advmss=` (bytes) set TCP metrics of the route.',
  },
  'route-del': { group: 'network', args: ROUTE, answers: {}, feature: 'netlink', does: '' },
  'rule-add': {
    group: 'network',
    args: { table: needed(TABLE), from: text, to: text, fwmark: UINT32, priority: UINT32, family: FAMILY },
    answers: {},
    feature: 'netlink',
    does: 'Adds a policy rule: matching packets are looked up in that table.',
  },
  'rule-del': {
    group: 'network',
    args: { table: needed(TABLE), from: text, to: text, fwmark: UINT32, priority: UINT32, family: FAMILY },
    answers: {},
    feature: 'netlink',
    does: '',
  },
  'neigh-add': {
    group: 'network',
    args: { dev: needed(text), addr: needed(text), lladdr: needed(text) },
    answers: {},
    feature: 'netlink',
    does: 'Adds a permanent neighbour; replaces a learnt one.',
  },
  'neigh-del': {
    group: 'network',
    args: { dev: needed(text), addr: needed(text) },
    answers: {},
    feature: 'netlink',
    does: '',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
