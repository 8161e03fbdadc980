import { ByteWriter, EncodeError, plainBytes, viewOf } from './bytes.ts';
import { decodeMptcp, mptcpLengths, SUBTYPE_NAMES, type OptionSpan } from './mptcp-decode.ts';
import { writeMptcpBody } from './mptcp-encode.ts';
import type { MalformedReason, OptionMalformed, TcpOption } from './types.ts';

/** TCP option kinds that the codec knows (the IANA registry "TCP Option Kind Numbers"). */
export const OPTION_KIND = {
  EOL: 0,
  NOP: 1,
  MSS: 2,
  WSCALE: 3,
  SACK_OK: 4,
  SACK: 5,
  TS: 8,
  MPTCP: 30,
  FASTOPEN: 34,
} as const;

/**
 * Writes options one after the other, without padding. A `length` on an option goes into its Length octet and changes
 * nothing else.
 *
 * @throws EncodeError when a value does not fit its field
 */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  const w = new ByteWriter(40);
  for (const option of options) writeOption(w, option);
  return w.bytes().slice();
}

/** Octets that {@link encodeOptions} writes for one option, Kind and Length included; a lying `length` is no matter. */
export function encodedLength(option: TcpOption): number {
  const w = new ByteWriter(40);
  writeOption(w, option);
  return w.length;
}

/** Appends one option to `w`. */
export function writeOption(w: ByteWriter, option: TcpOption): void {
  switch (option.kind) {
    case 'eol':
      w.u8(OPTION_KIND.EOL, 'kind');
      return;
    case 'nop':
      w.u8(OPTION_KIND.NOP, 'kind');
      return;
    case 'malformed':
    case 'padding':
    case 'raw':
      w.put(option.raw);
      return;
    default: {
      const start = w.length;
      w.u8(kindOf(option), `${option.kind}.code`);
      w.u8(0, 'length');
      writeBody(w, option);
      w.patchU8(start + 1, option.length ?? w.length - start, `${option.kind}.length`);
    }
  }
}

/** An option that has a Length octet and is written field by field. */
type Structured = Exclude<TcpOption, { kind: 'eol' | 'nop' | 'malformed' | 'padding' | 'raw' }>;

function kindOf(option: Structured): number {
  switch (option.kind) {
    case 'mss':
      return OPTION_KIND.MSS;
    case 'wscale':
      return OPTION_KIND.WSCALE;
    case 'sack_ok':
      return OPTION_KIND.SACK_OK;
    case 'sack':
      return OPTION_KIND.SACK;
    case 'ts':
      return OPTION_KIND.TS;
    case 'fastopen':
      return OPTION_KIND.FASTOPEN;
    case 'unknown':
      if (option.code < 2) {
        throw new EncodeError(`unknown.code: expected a kind from 2 to 255, got ${option.code}; use eol, nop or raw`);
      }
      return option.code;
    default:
      return OPTION_KIND.MPTCP;
  }
}

function writeBody(w: ByteWriter, option: Structured): void {
  switch (option.kind) {
    case 'mss':
      w.u16(option.mss, 'mss');
      return;
    case 'wscale':
      w.u8(option.shift, 'wscale.shift');
      return;
    case 'sack_ok':
      return;
    case 'sack':
      for (const block of option.blocks) {
        w.u32(block.left, 'sack.left');
        w.u32(block.right, 'sack.right');
      }
      return;
    case 'ts':
      w.u32(option.value, 'ts.value');
      w.u32(option.echo, 'ts.echo');
      return;
    case 'fastopen':
      w.put(option.cookie);
      return;
    case 'unknown':
      w.put(option.data);
      return;
    default:
      writeMptcpBody(w, option);
  }
}

/**
 * Reads an option area. Never throws; `encodeOptions(decodeOptions(bytes))` gives `bytes` back whatever they are.
 *
 * An option whose length does not suit it becomes `malformed` and reading goes on behind it. Where the Length octet is
 * missing, below 2 or reaches past the area, the `malformed` entry takes all the rest. Everything behind an `eol` is
 * one `padding` entry. The three forms of MP_JOIN and the forms of MP_CAPABLE are told apart by length, so the TCP
 * flags are not needed. Octet fields are views into `bytes`.
 */
export function decodeOptions(bytes: Uint8Array): TcpOption[] {
  const plain = plainBytes(bytes);
  return decodeOptionArea(plain, viewOf(plain), 0, plain.length);
}

/** {@link decodeOptions} over `bytes[start..end)`; `view` covers `bytes`. */
export function decodeOptionArea(bytes: Uint8Array, view: DataView, start: number, end: number): TcpOption[] {
  const options: TcpOption[] = [];
  let at = start;
  while (at < end) {
    const code = view.getUint8(at);
    if (code === OPTION_KIND.NOP) {
      options.push({ kind: 'nop' });
      at++;
      continue;
    }
    if (code === OPTION_KIND.EOL) {
      options.push({ kind: 'eol' });
      if (at + 1 < end) options.push({ kind: 'padding', raw: bytes.subarray(at + 1, end) });
      break;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : -1;
    if (length < 2 || at + length > end) {
      options.push(unbounded(bytes.subarray(at, end), code, length));
      break;
    }
    const span = { bytes, view, at, length };
    options.push(decodeOne(span, code) ?? badLength(span, code));
    at += length;
  }
  return options;
}

/** Reads an option that lies whole inside the area; undefined when the length does not suit it. */
function decodeOne(span: OptionSpan, code: number): TcpOption | undefined {
  const { bytes, view, at, length } = span;
  switch (code) {
    case OPTION_KIND.TS:
      if (length !== 10) return undefined;
      return { kind: 'ts', value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
    case OPTION_KIND.MPTCP:
      return length < 3 ? undefined : decodeMptcp(span);
    case OPTION_KIND.MSS:
      return length === 4 ? { kind: 'mss', mss: view.getUint16(at + 2) } : undefined;
    case OPTION_KIND.WSCALE:
      return length === 3 ? { kind: 'wscale', shift: view.getUint8(at + 2) } : undefined;
    case OPTION_KIND.SACK_OK:
      return length === 2 ? { kind: 'sack_ok' } : undefined;
    case OPTION_KIND.SACK:
      return length >= 10 && length % 8 === 2 ? decodeSack(span) : undefined;
    case OPTION_KIND.FASTOPEN:
      if (length !== 2 && (length < 6 || length > 18 || length % 2 !== 0)) return undefined;
      return { kind: 'fastopen', cookie: bytes.subarray(at + 2, at + length) };
    default:
      return { kind: 'unknown', code, data: bytes.subarray(at + 2, at + length) };
  }
}

function decodeSack({ view, at, length }: OptionSpan): TcpOption {
  const blocks: { left: number; right: number }[] = [];
  for (let edge = at + 2; edge < at + length; edge += 8) {
    blocks.push({ left: view.getUint32(edge), right: view.getUint32(edge + 4) });
  }
  return { kind: 'sack', blocks };
}

/** The name of a kind for messages. */
function nameOf(code: number, subtype: number | undefined): string {
  if (code === OPTION_KIND.MPTCP) {
    if (subtype === undefined) return 'MPTCP option';
    return SUBTYPE_NAMES[subtype] ?? `MPTCP option of subtype ${subtype}`;
  }
  for (const [name, kind] of Object.entries(OPTION_KIND)) if (kind === code) return `TCP option ${name}`;
  return `TCP option of kind ${code}`;
}

/** An option whose end cannot be told: it takes all octets that are left. */
function unbounded(raw: Uint8Array, code: number, length: number): OptionMalformed {
  const subtype = code === OPTION_KIND.MPTCP && raw.length > 2 ? (raw[2] ?? 0) >> 4 : undefined;
  const name = nameOf(code, subtype);
  if (length < 0) return malformed(code, subtype, 'no_length', `${name} at the end without its Length octet`, raw);
  if (length < 2) return malformed(code, subtype, 'short_length', `${name} with Length ${length}, the least is 2`, raw);
  const message = `${name} with Length ${length}, but only ${raw.length} octets are left`;
  return malformed(code, subtype, 'truncated', message, raw);
}

function badLength({ bytes, at, length }: OptionSpan, code: number): OptionMalformed {
  const raw = bytes.subarray(at, at + length);
  const subtype = code === OPTION_KIND.MPTCP && length > 2 ? (raw[2] ?? 0) >> 4 : undefined;
  const right = code === OPTION_KIND.MPTCP ? mptcpLengths(subtype, raw[3] ?? 0) : tcpLengths(code);
  const message = `${nameOf(code, subtype)} with Length ${length}, expected ${right}`;
  return malformed(code, subtype, 'bad_length', message, raw);
}

/** The lengths that a TCP option may have, as words for a message. */
function tcpLengths(code: number): string {
  switch (code) {
    case OPTION_KIND.MSS:
      return '4';
    case OPTION_KIND.WSCALE:
      return '3';
    case OPTION_KIND.SACK_OK:
      return '2';
    case OPTION_KIND.SACK:
      return '10, 18, 26 or 34';
    case OPTION_KIND.TS:
      return '10';
    default:
      return '2, or an even number from 6 to 18';
  }
}

function malformed(
  code: number,
  subtype: number | undefined,
  reason: MalformedReason,
  message: string,
  raw: Uint8Array,
): OptionMalformed {
  return { kind: 'malformed', code, ...(subtype !== undefined && { subtype }), reason, message, raw };
}
