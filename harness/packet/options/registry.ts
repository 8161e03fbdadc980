/** Every option that the codec knows. A new one takes a file in this folder and a line here. */
import { addAddr } from './add-addr.ts';
import { eol, malformed, nop, padding, raw } from './bare.ts';
import type { BareOption, CodedOption, MptcpDefinition } from './definition.ts';
import { dss } from './dss.ts';
import { fastOpen } from './fastopen.ts';
import { mpCapable } from './mp-capable.ts';
import { mpExperimental } from './mp-experimental.ts';
import { mpFail } from './mp-fail.ts';
import { mpFastclose } from './mp-fastclose.ts';
import { mpJoin } from './mp-join.ts';
import { mpPrio } from './mp-prio.ts';
import { mpTcprst } from './mp-tcprst.ts';
import { mptcpUnknown } from './mptcp-unknown.ts';
import { mss } from './mss.ts';
import { removeAddr } from './remove-addr.ts';
import { sack, sackPermitted } from './sack.ts';
import { timestamps } from './timestamps.ts';
import { unknown } from './unknown.ts';
import { wscale } from './wscale.ts';

/** Kind byte of MPTCP's options. */
export const MPTCP_CODE = 30;

/** Options of MPTCP, by name. */
export const MPTCP_OPTIONS = {
  mp_capable: mpCapable,
  mp_join: mpJoin,
  dss,
  add_addr: addAddr,
  remove_addr: removeAddr,
  mp_prio: mpPrio,
  mp_fail: mpFail,
  mp_fastclose: mpFastclose,
  mp_tcprst: mpTcprst,
  mp_experimental: mpExperimental,
  mptcp_unknown: mptcpUnknown,
} as const;

/** Other options of TCP, by name. */
export const PLAIN_OPTIONS = { mss, wscale, sack_ok: sackPermitted, sack, ts: timestamps, fastopen: fastOpen, unknown };

/** Options without a Length byte, by name. */
const BARE_OPTIONS = { nop, eol, raw, padding, malformed };

/** All of them. */
export const OPTIONS = { ...PLAIN_OPTIONS, ...BARE_OPTIONS, ...MPTCP_OPTIONS };

type OptionIn<D extends Record<string, { blank(): unknown }>> = ReturnType<D[keyof D]['blank']>;

/** Any option of MPTCP. */
export type MptcpOption = OptionIn<typeof MPTCP_OPTIONS>;
/** Any option with a Length byte that is not of MPTCP. */
export type PlainTcpOption = OptionIn<typeof PLAIN_OPTIONS>;
/** Any TCP option. */
export type TcpOption = OptionIn<typeof OPTIONS>;

/** Name of an option in packet lines. */
export type OptionKind = TcpOption['kind'];

/** The option that has a name. */
export type OptionOf<K extends OptionKind> = Extract<TcpOption, { kind: K }>;

/** The definition of an option's kind. */
export function definitionOf(kind: OptionKind): CodedOption<TcpOption> | BareOption<TcpOption> {
  return OPTIONS[kind];
}

/** Whether a word names an option. */
export function isOptionKind(name: string): name is OptionKind {
  return Object.hasOwn(OPTIONS, name);
}

/** Whether an option is one of MPTCP's, well formed. */
export function isMptcp(option: TcpOption): option is MptcpOption {
  return Object.hasOwn(MPTCP_OPTIONS, option.kind);
}

/** Whether an option's Kind byte is MPTCP's, be it well formed or not. */
export function hasMptcpCode(option: TcpOption): boolean {
  if (option.kind === 'malformed') return option.code === MPTCP_CODE;
  if (option.kind === 'raw') return option.raw[0] === MPTCP_CODE;
  return isMptcp(option);
}

/** Definitions by their subtype; a subtype that none has is `mptcp_unknown`. */
export const BY_SUBTYPE: readonly MptcpDefinition<MptcpOption>[] = Array.from({ length: 16 }, (_, subtype) => {
  const all: MptcpDefinition<MptcpOption>[] = Object.values(MPTCP_OPTIONS);
  return all.find((one) => one.subtype === subtype) ?? mptcpUnknown;
});

/** Definitions by their Kind byte; a kind that none has is `unknown`. Of MPTCP's, see {@link BY_SUBTYPE}. */
export const BY_CODE: readonly CodedOption<PlainTcpOption>[] = Array.from({ length: 256 }, (_, code) => {
  const all: (CodedOption<PlainTcpOption> & { code?: number })[] = Object.values(PLAIN_OPTIONS);
  return all.find((one) => one.code === code) ?? unknown;
});

/** Whether a subtype of MPTCP, 0..15, is assigned (RFC 8684 §8.2). */
export function isAssignedSubtype(subtype: number): boolean {
  return BY_SUBTYPE[subtype]?.subtype !== undefined;
}
