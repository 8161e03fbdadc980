/** A sender that may wrap 32 bits within the time that a segment can live sends all 64 bits of its numbers. */
import type { Monitor } from '../types.ts';
import { form } from './rule.ts';

const wideAtHighRates = form('wide-numbers-at-high-rates', '3.3.1-12.s1');

/** Maximum segment lifetime, milliseconds (RFC 9293 §3.4.2). */
const SEGMENT_LIFETIME = 120_000;
/** Milliseconds between notes of how far a host has come: their number stays small at any rate. */
const NOTE_EVERY = 1000;
const WRAP = 2 ** 32;

/**
 * Speaks of hosts that have sent 2^32 bytes within one segment lifetime: then they could wrap, and nothing of the rate
 * to come has to be guessed.
 */
export const highRates: Monitor = {
  name: 'high-rates',
  title: 'data sequence numbers of hosts that send 4 GiB within two minutes',
  rules: [wideAtHighRates],
  create: (_connection, judge) => {
    const notes: [{ at: number; dsn: number }[], { at: number; dsn: number }[]] = [[], []];
    return {
      options: {
        dss: (_option, event) => {
          const { mapping, side, at } = event;
          if (mapping === undefined || mapping.infinite || event.retransmission) return;
          const past = notes[side];
          const last = past.at(-1);
          if (last === undefined || at - last.at >= NOTE_EVERY) past.push({ at, dsn: mapping.dsn });
          while (past[0] !== undefined && at - past[0].at > SEGMENT_LIFETIME) past.shift();
          const bytes = mapping.dsn - (past[0]?.dsn ?? mapping.dsn);
          if (bytes < WRAP) return;
          judge.check(wideAtHighRates, event, mapping.wide, () => ({
            message: `a mapping has 4 bytes of its number, ${bytes} bytes after that of ${Math.round((at - (past[0]?.at ?? at)) / 1000)} s before`,
            expected: 'an 8-byte data sequence number',
            actual: '4 bytes',
          }));
        },
      },
    };
  },
};
