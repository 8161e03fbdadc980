/** Short ways to write rules down. */
import type { Rule } from '../types.ts';

/** A rule that a packet keeps or breaks by itself. */
export function form(name: string, ...clauses: [string, ...string[]]): Rule {
  return { name, clauses, about: 'form' };
}

/** A rule about what a host does in answer to its peer. */
export function conduct(name: string, ...clauses: [string, ...string[]]): Rule {
  return { name, clauses, about: 'conduct' };
}

/** The rule with the clauses that are surely broken where it is not kept. */
export function blaming(rule: Rule, ...blames: [string, ...string[]]): Rule {
  return { ...rule, blames };
}

/** A number as people compare bits: `0x0f`. */
export function hex(value: number | bigint, digits = 2): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** Bytes as hexadecimal digits. */
export function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Whether two strings of bytes are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
