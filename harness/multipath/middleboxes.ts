/** Makes the middleboxes that a scenario names. */
import type { Family } from '../packet/types.ts';
import type { CellLink } from '../topology/types.ts';
import { earlyAck } from '../wire/forward/boxes/early-ack.ts';
import { firewall } from '../wire/forward/boxes/firewall.ts';
import { rewriteIsn } from '../wire/forward/boxes/isn.ts';
import { nat } from '../wire/forward/boxes/nat.ts';
import { merge, split } from '../wire/forward/boxes/resegment.ts';
import { rewrite } from '../wire/forward/boxes/rewrite.ts';
import { strip } from '../wire/forward/boxes/strip.ts';
import type { Middlebox } from '../wire/forward/middlebox.ts';
import type { Way } from '../wire/forward/types.ts';
import { amount } from './amounts.ts';
import type { RawMiddlebox, WayWord } from './raw-suite.ts';

/** Host part of the address that a NAT shows, within the prefix of the link behind it. */
const NAT_HOST = '99';

function waysOf(word: WayWord = 'both'): readonly Way[] {
  return word === 'both' ? ['up', 'down'] : [word];
}

/** The tester's address on the link, with another host part. */
function natAddress(link: CellLink, family: Family): string {
  return link.tester[family].replace(/(?<=[.:])[0-9a-f]+$/, NAT_HOST);
}

/** @param link the client's link of the path */
export function makeBoxes(raw: readonly RawMiddlebox[], link: CellLink, family: Family): Middlebox[] {
  return raw.flatMap((one) => make(one, link, family) ?? []);
}

function make(raw: RawMiddlebox, link: CellLink, family: Family): Middlebox | undefined {
  if (raw.nat === true) return nat(natAddress(link, family));
  if (raw.strip !== undefined) {
    const { way, on = 'all', options, from } = raw.strip;
    return strip({
      ways: waysOf(way), on, ...(options === undefined ? {} : { kinds: options }), ...(from === undefined ? {} : { from: amount(from) }),
    });
  }
  if (raw.isn !== undefined) return rewriteIsn({ up: raw.isn.up ?? 0, down: raw.isn.down ?? 0 });
  if (raw.split !== undefined) return split(raw.split.at);
  if (raw.merge !== undefined) return merge(raw.merge['up-to']);
  if (raw.rewrite !== undefined) {
    const { way, after, insert = 0, times = 1 } = raw.rewrite;
    return rewrite({ ways: waysOf(way), after: amount(after), insert, times });
  }
  if (raw['early-ack'] !== undefined) return earlyAck(waysOf(raw['early-ack'].way));
  return raw.firewall === undefined ? undefined : firewall(raw.firewall.drop);
}
