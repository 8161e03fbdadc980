/** The expected hash of a transfer's bytes: that of the pattern of `docs/agent-protocol.md`. Pure. */
import { digestOf } from '../sut/digest.ts';
import { fillBytes } from '../sut/fill.ts';

/** FNV-1a (64 bits) over a part of the pattern, 16 hexadecimal digits, as `recv` answers it. */
export function patternDigest(offset: number, length: number): string {
  return digestOf(fillBytes(offset, length));
}
