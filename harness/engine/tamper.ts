/**
 * Alters what the stack sent on its way to one step's matcher, so that tests can see the step fail.
 *
 * Only the step that is named is lied to; the endpoint and the capture keep what really came.
 */
import type { Packet, TcpOption } from '../packet/types.ts';
import { FLAG } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import { isMptcp, OPTION_FIELDS, type FieldStyle } from '../notation/option-fields.ts';
import type { OptionItem, PacketLine } from '../notation/packet-line.ts';
import type { Step } from '../scenario/suite.ts';
import { narrowDss } from './compliant-option.ts';
import { evaluate, toInt, type Scope } from './evaluate.ts';

/** A lie about the packet (or answer, or value) that a step would accept. */
export interface Tamper {
  /** In words, for the test's name: `mp_capable.key changed`. */
  title: string;
  /** The altered packet; undefined is silence. Not used for steps that judge no packet. `scope` knows the names of the line. */
  alter?: (packet: Packet, scope: Scope) => Packet | undefined;
  /** The altered field of an answer of the agent. */
  answer?: (name: string, value: string | undefined) => string | undefined;
  /** The altered value of `check`, `distinct`, `scattered`. */
  values?: (values: readonly Value[]) => Value[];
  /** A packet that `quiet` or `never` must trip over, made of any packet that came. */
  forge?: (sample: Packet) => Packet;
}

/** The lies that a step must catch: one for everything it says. */
export function tampersFor(step: Step): Tamper[] {
  switch (step.kind) {
    case 'expect':
      return tampersForLine(step.line, true);
    case 'and':
      return tampersForLine(step.tail, false);
    case 'one-of':
      return [silence, ...tampersForOneOf(step.alternatives.map((one) => one.line)), allOptionsOff];
    case 'quiet':
      return [{ title: 'an unexpected packet comes', forge: (sample) => withFlags(sample, FLAG.FIN | FLAG.ACK) }];
    case 'never':
      return [{ title: 'the forbidden packet comes', forge: (sample) => forgeMatch(step.line, sample) }];
    case 'sut':
      return step.line.returns.map(({ name }) => ({
        title: `answer ${name} changed`,
        answer: (field, value) => (field === name ? `x${value ?? ''}` : value),
      }));
    case 'distinct':
      return [
        {
          title: 'a value comes twice',
          values: (values) => values.map((value, i) => (i === 0 ? (values[1] ?? value) : value)),
        },
      ];
    case 'scattered':
      return [
        {
          title: 'a bit never changes',
          values: (values) => values.map((value) => (typeof value === 'bigint' ? value | 1n : value)),
        },
      ];
    case 'check':
      // A check that only keeps a value accepts any.
      if (step.comparison.type === 'bind') return [];
      return [
        {
          title: 'the value differs',
          values: (values) => values.map(step.comparison.type === 'range' ? farValue : otherValue),
        },
      ];
    default:
      return [];
  }
}

/** Other flags, unless they would make one alternative of another. */
function tampersForOneOf(lines: readonly PacketLine[]): Tamper[] {
  const takesReset = lines.some((line) => line.flags === 'any' || line.flags.includes('RST'));
  return takesReset ? [] : tampersForLine({ flags: ['SYN', 'FIN'], fields: [] }, false);
}

type Pattern = Pick<PacketLine, 'flags' | 'fields' | 'options'>;

const silence: Tamper = { title: 'silence', alter: () => undefined };
const allOptionsOff: Tamper = {
  title: 'another kind of packet',
  alter: (packet) =>
    withFlags({ ...packet, tcp: { ...packet.tcp, options: [], payload: new Uint8Array(3) } }, FLAG.FIN | FLAG.URG),
};

function tampersForLine(pattern: Pattern, withSilence: boolean): Tamper[] {
  const tampers: Tamper[] = withSilence ? [silence] : [];
  if (pattern.flags !== 'any') {
    const other = pattern.flags.includes('RST') ? FLAG.ACK | FLAG.FIN : FLAG.RST;
    tampers.push({ title: 'other TCP flags', alter: (packet) => withFlags(packet, other) });
  }
  for (const { name, matcher } of pattern.fields) {
    if (matcher.type === 'bind' || matcher.type === 'any') continue;
    tampers.push({
      title: `${name} changed`,
      alter: (packet, scope) => alterHeader(packet, name, matcher.type === 'absent', forbidden(matcher, scope)),
    });
  }
  for (const item of pattern.options?.items ?? []) {
    if (item.negated) {
      tampers.push({ title: `${item.name} added`, alter: (packet) => addOption(packet, blankOption(item.name)) });
      continue;
    }
    if (!item.optional)
      tampers.push({ title: `${item.name} missing`, alter: (packet) => removeOption(packet, item.name) });
    for (const { name, matcher } of item.fields) {
      if (matcher.type === 'bind' || matcher.type === 'any') continue;
      tampers.push({
        title: `${item.name}.${name} changed`,
        alter: (packet, scope) => alterField(packet, item.name, name, forbidden(matcher, scope)),
      });
    }
  }
  if (pattern.options?.open === false) {
    tampers.push({
      title: 'another MPTCP option added',
      alter: (packet) => addOption(packet, blankOption('mptcp_unknown')),
    });
  }
  return tampers;
}

function withFlags(packet: Packet, flags: number): Packet {
  return { ...packet, tcp: { ...packet.tcp, flags } };
}

/** A value that a field must not have, where another one than the true could still be good; undefined where it could not. */
function forbidden(matcher: Matcher, scope: Scope): Value | undefined {
  if (matcher.type === 'not' && matcher.matcher.type === 'equal') return evaluate(matcher.matcher.expr, scope);
  const upper = highest(matcher, scope);
  return upper === undefined ? undefined : upper + 1n;
}

/** The highest number of a range or of a choice of numbers. */
function highest(matcher: Matcher, scope: Scope): bigint | undefined {
  if (matcher.type === 'range') return toInt(evaluate(matcher.high, scope));
  if (matcher.type !== 'oneOf') return undefined;
  // Reasons of MP_TCPRST go by name; no other number does.
  const named: Scope = { ...scope, style: 'reason' };
  const values = matcher.options.map((option) =>
    option.type === 'equal' && option.expr.type !== 'auto' ? evaluate(option.expr, named) : undefined,
  );
  const numbers = values.filter((value) => typeof value === 'bigint');
  return numbers.length < values.length ? undefined : numbers.reduce((most, value) => (value > most ? value : most));
}

/** The packet with another value in a header field, or with the one given. */
export function alterHeader(packet: Packet, name: string, appear: boolean, value?: Value): Packet {
  const { tcp } = packet;
  const grown = Uint8Array.from([...tcp.payload, 1]);
  const flipped = tcp.payload.map((octet, i) => (i === tcp.payload.length - 1 ? octet ^ 1 : octet));
  const changes: Record<string, Partial<Packet['tcp']>> = {
    seq: { seq: (tcp.seq + 0x10001) >>> 0 },
    ack: { ack: (tcp.ack + 0x10001) >>> 0 },
    win: { window: tcp.window ^ 0x8001 },
    urg: appear ? { flags: tcp.flags | FLAG.URG, urgent: 1 } : { flags: tcp.flags & ~FLAG.URG },
    len: { payload: value === undefined ? grown : new Uint8Array(Number(value)) },
    data: { payload: tcp.payload.length === 0 ? grown : flipped },
    sport: { srcPort: Number(value ?? tcp.srcPort ^ 1) },
    dport: { dstPort: Number(value ?? tcp.dstPort ^ 1) },
  };
  if (name === 'from' || name === 'to') {
    const key = name === 'from' ? 'src' : 'dst';
    return {
      ...packet,
      ip: { ...packet.ip, [key]: value ?? (packet.ip.family === 'ipv4' ? '192.0.2.1' : '2001:db8::1') },
    };
  }
  return { ...packet, tcp: { ...tcp, ...changes[name] } };
}

/** The packet without the options of a kind. */
export function removeOption(packet: Packet, kind: string): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: packet.tcp.options.filter((option) => option.kind !== kind) } };
}

/** The packet with one more option. */
export function addOption(packet: Packet, option: TcpOption): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: [...packet.tcp.options, option] } };
}

/** The packet with another value in an option's field, or with the one given; null takes the field out. */
export function alterField(packet: Packet, kind: string, field: string, instead?: Value | null): Packet {
  const options = packet.tcp.options.map((option) => {
    if (option.kind !== kind) return option;
    const copy = structuredClone(option);
    const spec = OPTION_FIELDS.get(kind)?.fields.get(field);
    // A Length octet that lies shows as another length.
    if (field === 'len') return { ...copy, length: 39 } as TcpOption;
    const value = spec?.read(copy);
    spec?.write(copy, instead === null ? undefined : (instead ?? otherFieldValue(field, spec.style, value)));
    return narrowDss(copy);
  });
  return { ...packet, tcp: { ...packet.tcp, options } };
}

/** A value of the kind that the field has, so that the packet can still be written; some value where there was none. */
function otherFieldValue(field: string, style: FieldStyle, value: Value | undefined): Value {
  if (style === 'text') return value === OTHER_IPV4 ? '192.0.2.253' : OTHER_IPV4;
  if (style === 'list') return value === undefined ? '255' : `${String(value)}+255`;
  if (value === undefined) return style === 'bytes' ? new Uint8Array(8) : 1n;
  // Four octets become eight and the other way round.
  if (field.endsWith('_size') && typeof value === 'bigint') return 12n - value;
  return otherValue(value);
}

const OTHER_IPV4 = '192.0.2.254';

/** A number that lies in no range that a scenario writes. */
function farValue(value: Value): Value {
  return typeof value === 'bigint' ? value + (1n << 40n) : otherValue(value);
}

function otherValue(value: Value): Value {
  if (typeof value === 'bigint') return value ^ 1n;
  if (typeof value === 'string') return `${value}x`;
  return value.map((octet, i) => (i === 0 ? octet ^ 0x80 : octet));
}

/** Some option of a kind, good enough to be noticed. */
export function blankOption(kind: string): TcpOption {
  const known: Readonly<Record<string, TcpOption>> = {
    mp_capable: { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n },
    mp_join: { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 1, token: 1, nonce: 1 },
    dss: {
      kind: 'dss',
      reserved: 0,
      dataFin: false,
      dsn8: false,
      hasMap: false,
      dataAck8: false,
      hasDataAck: true,
      dataAck: 1n,
    },
    add_addr: { kind: 'add_addr', reserved: 0, echo: false, addressId: 1, address: '192.0.2.1' },
    mp_tcprst: { kind: 'mp_tcprst', reserved: 0, transient: false, reason: 0 },
    mp_fail: { kind: 'mp_fail', reserved: 0, dsn: 1n },
    mp_prio: { kind: 'mp_prio', reserved: 0, backup: true },
    mp_fastclose: { kind: 'mp_fastclose', reserved: 0, receiverKey: 1n },
    remove_addr: { kind: 'remove_addr', reserved: 0, addressIds: [1] },
    mp_experimental: { kind: 'mp_experimental', nibble: 0, data: new Uint8Array(2) },
    ts: { kind: 'ts', value: 1, echo: 1 },
    sack_ok: { kind: 'sack_ok' },
    mss: { kind: 'mss', mss: 536 },
    wscale: { kind: 'wscale', shift: 1 },
  };
  return known[kind] ?? { kind: 'mptcp_unknown', subtype: 9, nibble: 0, data: new Uint8Array(1) };
}

/** A packet that has the flags and options of a line. */
export function forgeMatch(line: PacketLine, sample: Packet): Packet {
  const flags =
    line.flags === 'any' ? FLAG.ACK : line.flags.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
  const wanted = line.options?.items.filter((item) => !item.negated).map(forgeOption) ?? [];
  const plain = sample.tcp.options.filter(
    (option) => !isMptcp(option) && !wanted.some((one) => one.kind === option.kind),
  );
  const needsData = line.fields.some((field) => field.name === 'len' || field.name === 'data');
  return {
    ...sample,
    tcp: {
      ...sample.tcp,
      flags,
      options: [...plain, ...wanted],
      payload: needsData ? Uint8Array.of(1) : new Uint8Array(0),
    },
  };
}

/** An option with the fields that an item asks for, as far as they can be told without a conversation. */
function forgeOption(item: OptionItem): TcpOption {
  const option = structuredClone(blankOption(item.name));
  for (const { name, matcher } of item.fields) {
    const field = OPTION_FIELDS.get(item.name)?.fields.get(name);
    if (matcher.type === 'absent') field?.write(option, undefined);
    else if (matcher.type === 'any') field?.write(option, field.read(option) ?? 1n);
    else if (matcher.type === 'equal' && matcher.expr.type === 'int') field?.write(option, matcher.expr.value);
  }
  return option;
}
