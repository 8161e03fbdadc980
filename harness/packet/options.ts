import { ByteWriter, EncodeError, plainBytes, viewOf } from './bytes.ts';
import type { CodedOption, OptionSpan } from './options/definition.ts';
import { BY_CODE, BY_SUBTYPE, definitionOf, MPTCP_CODE, OPTIONS, type TcpOption } from './options/registry.ts';
import type { MalformedReason, OptionMalformed } from './options/bare.ts';

const EOL = 0;
const NOP = 1;

/**
 * Writes options one after the other, without padding. A `length` on an option goes into its Length byte and changes
 * nothing else.
 *
 * @throws EncodeError when a value does not fit its field
 */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  const w = new ByteWriter(40);
  for (const option of options) writeOption(w, option);
  return w.bytes().slice();
}

/** Where options are written whose length alone is wanted. */
const MEASURE = new ByteWriter(64);

/** Bytes that {@link encodeOptions} writes for one option, Kind and Length included; a wrong `length` does not count. */
export function encodedLength(option: TcpOption): number {
  MEASURE.clear();
  writeOption(MEASURE, option);
  return MEASURE.length;
}

/** Appends one option to `w`. */
export function writeOption(w: ByteWriter, option: TcpOption): void {
  const definition = definitionOf(option.kind);
  if (!('decode' in definition)) {
    definition.encode(w, option);
    return;
  }
  const start = w.length;
  w.u8(codeOf(option), `${option.kind}.code`);
  w.u8(0, 'length');
  definition.encode(w, option);
  w.patchU8(start + 1, ('length' in option ? option.length : undefined) ?? w.length - start, `${option.kind}.length`);
}

/** The Kind byte of an option that has a Length byte. */
function codeOf(option: TcpOption): number {
  if (option.kind !== 'unknown') {
    const definition = OPTIONS[option.kind];
    return 'code' in definition ? (definition.code ?? MPTCP_CODE) : MPTCP_CODE;
  }
  if (option.code < 2)
    throw new EncodeError(`unknown.code: expected a kind from 2 to 255, got ${option.code}; use eol, nop or raw`);
  return option.code;
}

/**
 * Reads an option area. Never throws; `encodeOptions(decodeOptions(bytes))` gives `bytes` back whatever they are.
 *
 * An option whose length does not suit it becomes `malformed` and reading goes on after it. Where the Length byte is
 * missing, below 2 or reaches past the area, the `malformed` entry takes all the rest. Everything after an `eol` is
 * one `padding` entry. The three forms of MP_JOIN and the forms of MP_CAPABLE are distinguished by length, so the TCP
 * flags are not needed. Byte fields are views into `bytes`.
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
    if (code === NOP) {
      options.push({ kind: 'nop' });
      at++;
      continue;
    }
    if (code === EOL) {
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
  if (code !== MPTCP_CODE) return BY_CODE[code]?.decode(span);
  return span.length < 3 ? undefined : BY_SUBTYPE[span.view.getUint8(span.at + 2) >> 4]?.decode(span);
}

/** The definition of an option by its Kind and, for MPTCP, its subtype; undefined if unknown. */
function definitionBy(code: number, subtype: number | undefined): CodedOption<TcpOption> | undefined {
  if (code !== MPTCP_CODE) return BY_CODE[code];
  return subtype === undefined ? undefined : BY_SUBTYPE[subtype];
}

/** The name of an option for messages. */
function nameOf(code: number, subtype: number | undefined): string {
  const definition = definitionBy(code, subtype);
  if (definition === undefined) return 'MPTCP option';
  if (definition.kind === 'unknown') return `TCP option of kind ${code}`;
  return definition.kind === 'mptcp_unknown' ? `MPTCP option of subtype ${subtype ?? ''}` : definition.name;
}

/** An option whose end cannot be told: it takes all bytes that are left. */
function unbounded(raw: Uint8Array, code: number, length: number): OptionMalformed {
  const subtype = code === MPTCP_CODE && raw.length > 2 ? (raw[2] ?? 0) >> 4 : undefined;
  const name = nameOf(code, subtype);
  if (length < 0) return malformed(code, subtype, 'no_length', `${name} at the end without its Length byte`, raw);
  if (length < 2)
    return malformed(code, subtype, 'short_length', `${name} with Length ${length}, the minimum is 2`, raw);
  const message = `${name} with Length ${length}, but only ${raw.length} bytes are left`;
  return malformed(code, subtype, 'truncated', message, raw);
}

function badLength({ bytes, at, length }: OptionSpan, code: number): OptionMalformed {
  const raw = bytes.subarray(at, at + length);
  const subtype = code === MPTCP_CODE && length > 2 ? (raw[2] ?? 0) >> 4 : undefined;
  const right = definitionBy(code, subtype)?.lengths(raw[3] ?? 0) ?? 'at least 3';
  const message = `${nameOf(code, subtype)} with Length ${length}, expected ${right}`;
  return malformed(code, subtype, 'bad_length', message, raw);
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
