/**
 * Alters what the stack sent on its way to one step's matcher, so that tests can see the step fail.
 *
 * Only the step that is named is lied to; the endpoint and the capture keep what really came.
 */
import type { Packet, TcpOption } from '../packet/types.ts';
import { FLAG } from '../packet/types.ts';
import type { Value } from '../scenario/expression.ts';
import { isMptcp, OPTION_FIELDS } from '../scenario/option-fields.ts';
import type { PacketLine } from '../scenario/packet-line.ts';
import type { Step } from '../scenario/suite.ts';

/** A lie about the packet (or answer, or value) that a step would accept. */
export interface Tamper {
  /** In words, for the test's name: `mp_capable.key changed`. */
  title: string;
  /** The altered packet; undefined is silence. Not used for steps that judge no packet. */
  alter?: (packet: Packet) => Packet | undefined;
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
      return [silence, ...tampersForLine({ flags: ['SYN', 'FIN'], fields: [] }, false), allOptionsOff];
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
      return [{ title: 'a value comes twice', values: (values) => values.map((value, i) => (i === 0 ? (values[1] ?? value) : value)) }];
    case 'scattered':
      return [{ title: 'a bit never changes', values: (values) => values.map((value) => (typeof value === 'bigint' ? value | 1n : value)) }];
    case 'check':
      return [{ title: 'the value differs', values: (values) => values.map(otherValue) }];
    default:
      return [];
  }
}

type Pattern = Pick<PacketLine, 'flags' | 'fields' | 'options'>;

const silence: Tamper = { title: 'silence', alter: () => undefined };
const allOptionsOff: Tamper = {
  title: 'another kind of packet',
  alter: (packet) => withFlags({ ...packet, tcp: { ...packet.tcp, options: [], payload: new Uint8Array(3) } }, FLAG.FIN | FLAG.URG),
};

function tampersForLine(pattern: Pattern, withSilence: boolean): Tamper[] {
  const tampers: Tamper[] = withSilence ? [silence] : [];
  if (pattern.flags !== 'any') {
    const other = pattern.flags.includes('RST') ? FLAG.ACK | FLAG.FIN : FLAG.RST;
    tampers.push({ title: 'other TCP flags', alter: (packet) => withFlags(packet, other) });
  }
  for (const { name, matcher } of pattern.fields) {
    if (matcher.type === 'bind' || matcher.type === 'any') continue;
    tampers.push({ title: `${name} changed`, alter: (packet) => alterHeader(packet, name, matcher.type === 'absent') });
  }
  for (const item of pattern.options?.items ?? []) {
    if (item.negated) {
      tampers.push({ title: `${item.name} added`, alter: (packet) => addOption(packet, blankOption(item.name)) });
      continue;
    }
    tampers.push({ title: `${item.name} missing`, alter: (packet) => removeOption(packet, item.name) });
    for (const field of item.fields) {
      if (field.matcher.type === 'bind' || field.matcher.type === 'any') continue;
      tampers.push({ title: `${item.name}.${field.name} changed`, alter: (packet) => alterField(packet, item.name, field.name) });
    }
  }
  if (pattern.options?.open === false) {
    tampers.push({ title: 'another MPTCP option added', alter: (packet) => addOption(packet, blankOption('mptcp_unknown')) });
  }
  return tampers;
}

function withFlags(packet: Packet, flags: number): Packet {
  return { ...packet, tcp: { ...packet.tcp, flags } };
}

function alterHeader(packet: Packet, name: string, appear: boolean): Packet {
  const { tcp } = packet;
  const grown = Uint8Array.from([...tcp.payload, 1]);
  const flipped = tcp.payload.map((octet, i) => (i === tcp.payload.length - 1 ? octet ^ 1 : octet));
  const changes: Record<string, Partial<Packet['tcp']>> = {
    seq: { seq: (tcp.seq + 0x10001) >>> 0 },
    ack: { ack: (tcp.ack + 0x10001) >>> 0 },
    win: { window: tcp.window ^ 0x8001 },
    urg: appear ? { flags: tcp.flags | FLAG.URG, urgent: 1 } : { flags: tcp.flags & ~FLAG.URG },
    len: { payload: grown },
    data: { payload: tcp.payload.length === 0 ? grown : flipped },
    sport: { srcPort: tcp.srcPort ^ 1 },
    dport: { dstPort: tcp.dstPort ^ 1 },
  };
  if (name === 'from' || name === 'to') {
    const key = name === 'from' ? 'src' : 'dst';
    return { ...packet, ip: { ...packet.ip, [key]: packet.ip.family === 'ipv4' ? '192.0.2.1' : '2001:db8::1' } };
  }
  return { ...packet, tcp: { ...tcp, ...changes[name] } };
}

function removeOption(packet: Packet, kind: string): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: packet.tcp.options.filter((option) => option.kind !== kind) } };
}

function addOption(packet: Packet, option: TcpOption): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: [...packet.tcp.options, option] } };
}

function alterField(packet: Packet, kind: string, field: string): Packet {
  const options = packet.tcp.options.map((option) => {
    if (option.kind !== kind) return option;
    const copy = structuredClone(option);
    const spec = OPTION_FIELDS.get(kind)?.fields.get(field);
    // A Length octet that lies shows as another length.
    if (field === 'len') return { ...copy, length: 39 } as TcpOption;
    const value = spec?.read(copy);
    if (spec !== undefined) spec.write(copy, value === undefined ? 1n : otherValue(value));
    return copy;
  });
  return { ...packet, tcp: { ...packet.tcp, options } };
}

function otherValue(value: Value): Value {
  if (typeof value === 'bigint') return value ^ 1n;
  if (typeof value === 'string') return `${value}x`;
  return value.map((octet, i) => (i === 0 ? octet ^ 0x80 : octet));
}

/** Some option of a kind, good enough to be noticed. */
function blankOption(kind: string): TcpOption {
  const known: Readonly<Record<string, TcpOption>> = {
    mp_capable: { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n },
    mp_join: { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 1, token: 1, nonce: 1 },
    dss: { kind: 'dss', reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: false, hasDataAck: true, dataAck: 1n },
    add_addr: { kind: 'add_addr', reserved: 0, echo: false, addressId: 1, address: '192.0.2.1' },
    mp_tcprst: { kind: 'mp_tcprst', reserved: 0, transient: false, reason: 0 },
    mp_fail: { kind: 'mp_fail', reserved: 0, dsn: 1n },
    mp_prio: { kind: 'mp_prio', reserved: 0, backup: true },
    mp_fastclose: { kind: 'mp_fastclose', reserved: 0, receiverKey: 1n },
    remove_addr: { kind: 'remove_addr', reserved: 0, addressIds: [1] },
    ts: { kind: 'ts', value: 1, echo: 1 },
    sack_ok: { kind: 'sack_ok' },
    mss: { kind: 'mss', mss: 536 },
    wscale: { kind: 'wscale', shift: 1 },
  };
  return known[kind] ?? { kind: 'mptcp_unknown', subtype: 9, nibble: 0, data: new Uint8Array(1) };
}

/** A packet that has the flags and options of a line. */
function forgeMatch(line: PacketLine, sample: Packet): Packet {
  const flags = line.flags === 'any' ? FLAG.ACK : line.flags.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
  const wanted = line.options?.items.filter((item) => !item.negated).map((item) => blankOption(item.name)) ?? [];
  const plain = sample.tcp.options.filter((option) => !isMptcp(option) && !wanted.some((one) => one.kind === option.kind));
  const needsData = line.fields.some((field) => field.name === 'len' || field.name === 'data');
  return { ...sample, tcp: { ...sample.tcp, flags, options: [...plain, ...wanted], payload: needsData ? Uint8Array.of(1) : new Uint8Array(0) } };
}
