/** The option that a compliant host would put on a packet: what a scenario leaves out, and what `auto` means. */
import { addAddrHmac, dsnAdd, dssChecksum, idsn, joinHmac, lowHalf, token, wrap } from '../mptcp/index.ts';
import { OPTIONS, type OptionKind } from '../packet/options/registry.ts';
import { FLAG, type OptionAddAddr, type OptionDss, type TcpOption } from '../packet/types.ts';
import { fillBytes } from '../sut/fill.ts';
import type { Before, Subflow } from './endpoint.ts';

/** One packet as its sender sees it. Numbers are relative where the notation's are. */
export interface OptionView {
  subflow: Subflow;
  /** Whether the tester is the sender. */
  outgoing: boolean;
  flags: number;
  /** Relative sequence number of the first byte of payload. */
  ssn: number;
  payload: Uint8Array;
  /** DATA_FIN is asked for. */
  dataFin: boolean;
  /** DSN that the sender's next new byte has, relative to its IDSN. */
  dsnNext: bigint;
  /** Next data byte that the sender expects, relative to the receiver's IDSN. */
  dataAckNext: bigint;
  /** A DSS has a mapping although there is neither data nor a DATA_FIN. */
  mapping?: boolean;
  /** Timestamp value to send (RFC 7323 §3), 32 bits; 0 by default. */
  clock?: number;
}

/** The view of a packet that the tester is about to send. */
export function outgoingView(
  subflow: Subflow,
  flags: number,
  ssn: number,
  payload: Uint8Array,
  dataFin: boolean,
): OptionView {
  const { connection } = subflow;
  const known = subflow.sentMappingAt(ssn);
  const dsnNext = known !== undefined && payload.length > 0 ? known.dsn + BigInt(ssn - known.ssn) : connection.sendNext;
  return { subflow, outgoing: true, flags, ssn, payload, dataFin, dsnNext, dataAckNext: connection.received.next };
}

/** The view of a received packet; `before` is the tester's state before it. */
export function incomingView(
  subflow: Subflow,
  flags: number,
  ssn: number,
  payload: Uint8Array,
  dataFin: boolean,
  before: Before,
): OptionView {
  return {
    subflow,
    outgoing: false,
    flags,
    ssn,
    payload,
    dataFin,
    dsnNext: before.dataNext,
    dataAckNext: subflow.connection.sendNext,
  };
}

interface Secrets {
  senderKey: bigint;
  receiverKey: bigint;
  senderNonce: number;
  receiverNonce: number;
}

function secretsOf(view: OptionView): Secrets {
  const { subflow } = view;
  const local = { key: subflow.connection.localKey, nonce: subflow.nonce };
  // A key or nonce that was never seen counts as zero; a scenario that needs it expects it first.
  const remote = { key: subflow.connection.remoteKey ?? 0n, nonce: subflow.remoteNonce ?? 0 };
  const [sender, receiver] = view.outgoing ? [local, remote] : [remote, local];
  return { senderKey: sender.key, receiverKey: receiver.key, senderNonce: sender.nonce, receiverNonce: receiver.nonce };
}

/** The HMAC of an ADD_ADDR that announces this id, address and port (§3.4.1). */
export function announcementHmac(option: OptionAddAddr, view: OptionView): Uint8Array {
  const { senderKey, receiverKey } = secretsOf(view);
  return addAddrHmac(senderKey, receiverKey, option.addressId, option.address, option.port ?? 0);
}

/** Builds the option `kind` as a compliant sender of this packet would. */
export function compliantOption(kind: OptionKind, view: OptionView): TcpOption {
  return narrowDss(wideOption(kind, view));
}

/** Options that the conversation decides on; each other one is the blank of its kind. */
const BUILDERS: { readonly [K in OptionKind]?: (view: OptionView, secrets: Secrets) => TcpOption } = {
  mss: ({ subflow }) => ({ kind: 'mss', mss: subflow.connection.profile.mss }),
  wscale: ({ subflow }) => ({ kind: 'wscale', shift: Math.max(0, subflow.connection.profile.wscale) }),
  ts: ({ clock = 0, subflow }) => ({ kind: 'ts', value: clock, echo: subflow.timestampRecent }),
  // These are sent only as raw bytes.
  malformed: () => OPTIONS.raw.blank(),
  padding: () => OPTIONS.raw.blank(),
  mp_capable: mpCapable,
  mp_join: mpJoin,
  dss,
  add_addr: ({ subflow }, { senderKey, receiverKey }) => {
    const { address } = subflow.local;
    return { ...OPTIONS.add_addr.blank(), address, hmac: addAddrHmac(senderKey, receiverKey, 1, address, 0) };
  },
  mp_fail: ({ dataAckNext }, { receiverKey }) => ({
    kind: 'mp_fail',
    reserved: 0,
    dsn: dsnAdd(idsn(receiverKey), dataAckNext),
  }),
  mp_fastclose: (_view, { receiverKey }) => ({ kind: 'mp_fastclose', reserved: 0, receiverKey }),
};

/** The same with the DSN and Data ACK of a DSS in all 64 bits, regardless of its size flags. */
export function wideOption(kind: OptionKind, view: OptionView): TcpOption {
  return BUILDERS[kind]?.(view, secretsOf(view)) ?? OPTIONS[kind].blank();
}

function mpCapable(view: OptionView, secrets: Secrets): TcpOption {
  const { connection } = view.subflow;
  const base = { kind: 'mp_capable', version: 1 } as const;
  const isSyn = (view.flags & FLAG.SYN) !== 0;
  const ownChecksum = view.outgoing ? connection.profile.checksum : connection.remoteChecksum;
  // The third packet confirms what both sides asked for (§3.1): A is then the outcome, not the wish.
  const flags = ((isSyn ? ownChecksum : connection.checksum) ? 0x80 : 0) | 0x01;
  if (isSyn)
    return (view.flags & FLAG.ACK) === 0 ? { ...base, flags } : { ...base, flags, senderKey: secrets.senderKey };
  const keys = { ...base, flags, senderKey: secrets.senderKey, receiverKey: secrets.receiverKey };
  if (view.payload.length === 0) return keys;
  const withLength = { ...keys, dataLength: view.payload.length };
  if (!connection.checksum) return withLength;
  return { ...withLength, checksum: checksumOf(view, secrets.senderKey, 1n, 1) };
}

function mpJoin(view: OptionView, secrets: Secrets): TcpOption {
  const base = { kind: 'mp_join', reserved: 0 } as const;
  const hmac = joinHmac(secrets.senderKey, secrets.receiverKey, secrets.senderNonce, secrets.receiverNonce);
  const shared = { backup: false, addressId: view.subflow.spec.addressId, nonce: secrets.senderNonce };
  if ((view.flags & FLAG.SYN) === 0) return { ...base, form: 'ack', hmac: hmac.slice(0, 20) };
  if ((view.flags & FLAG.ACK) === 0) return { ...base, ...shared, form: 'syn', token: token(secrets.receiverKey) };
  return { ...base, ...shared, form: 'synack', hmac: hmac.slice(0, 8) };
}

function dss(view: OptionView, secrets: Secrets): TcpOption {
  const { connection } = view.subflow;
  const eight = view.outgoing ? connection.profile.dsnSize === 8 : true;
  const base = {
    kind: 'dss',
    reserved: 0,
    dataFin: view.dataFin,
    dsn8: false,
    hasMap: false,
    dataAck8: eight,
    hasDataAck: true,
    dataAck: dsnAdd(idsn(secrets.receiverKey), view.dataAckNext),
  } as const;
  if (view.payload.length === 0 && !view.dataFin && view.mapping !== true) return base;
  // A DATA_FIN without data maps nothing: its SSN is 0 (§3.3.3).
  const ssn = view.payload.length === 0 && view.dataFin ? 0 : view.ssn;
  const dataLength = view.payload.length + (view.dataFin ? 1 : 0);
  const map = { hasMap: true, dsn8: eight, dsn: dsnAdd(idsn(secrets.senderKey), view.dsnNext), ssn, dataLength };
  if (!connection.checksum) return { ...base, ...map };
  return { ...base, ...map, checksum: checksumOf(view, secrets.senderKey, view.dsnNext, ssn, dataLength) };
}

/** DSS checksum over the whole payload of a packet; the DSN is relative to the sender's IDSN. */
function checksumOf(
  view: OptionView,
  senderKey: bigint,
  dsn: bigint,
  ssn: number,
  dataLength = view.payload.length,
): number {
  return dssChecksum({ dsn: dsnAdd(idsn(senderKey), dsn), ssn, dataLength, data: view.payload });
}

/**
 * Checksum of the data parameters of MP_CAPABLE, whose mapping begins right after the IDSN (§3.1). Bytes beyond this
 * segment are those of the pattern. Data on a SYN comes before the mapping, so a segment that has all of it counts as it is.
 */
export function checksumOfCapable(dataLength: number, view: OptionView, idsnOfSender: bigint): number {
  const mapping = { dsn: dsnAdd(idsnOfSender, 1), ssn: 1, dataLength };
  const whole = view.payload.length >= dataLength;
  return dssChecksum({
    ...mapping,
    data: whole ? view.payload.slice(0, dataLength) : mappedBytes(mapping, view, idsnOfSender),
  });
}

/** The content of a mapping; absolute DSN, relative SSN, bytes with those of a DATA_FIN. */
type MappingFields = Pick<OptionDss, 'dsn' | 'ssn' | 'dataLength'>;

/** The bytes that a mapping covers: the payload where it lies in this segment, the pattern where it lies in others. */
export function mappedBytes(
  option: MappingFields & { dataFin?: boolean },
  { ssn: seq, payload }: OptionView,
  idsnOfSender: bigint,
): Uint8Array {
  const { dsn = 0n, ssn = 0, dataLength = 0 } = option;
  const from = lowHalf(dsn - idsnOfSender) - 1;
  const data = fillBytes(Math.max(0, from), Math.max(0, dataLength - (option.dataFin === true ? 1 : 0)));
  for (const [i, byte] of payload.entries()) {
    const at = seq + i - ssn;
    if (at >= 0 && at < data.length) data[at] = byte;
  }
  return data;
}

/** The option with the numbers of a DSS cut to the sizes that its flags say. */
export function narrowDss(option: TcpOption): TcpOption {
  if (option.kind !== 'dss') return option;
  if (option.dsn !== undefined) option.dsn = wrap(option.dsn, option.dsn8 ? 64 : 32);
  if (option.dataAck !== undefined) option.dataAck = wrap(option.dataAck, option.dataAck8 ? 64 : 32);
  return option;
}
