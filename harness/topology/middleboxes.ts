/** Makes the middleboxes that topologies and scenarios name. */
import { amount } from '../document/amount.ts';
import type { Family } from '../packet/types.ts';
import { earlyAck } from '../wire/forward/boxes/early-ack.ts';
import { firewall } from '../wire/forward/boxes/firewall.ts';
import { rewriteIsn } from '../wire/forward/boxes/isn.ts';
import { nat } from '../wire/forward/boxes/nat.ts';
import { merge, split } from '../wire/forward/boxes/resegment.ts';
import { rewrite } from '../wire/forward/boxes/rewrite.ts';
import { strip } from '../wire/forward/boxes/strip.ts';
import type { Middlebox } from '../wire/forward/middlebox.ts';
import type { Way } from '../wire/forward/types.ts';
import type { CellLink } from './contract.ts';
import type { MiddleboxSpec, WayWord } from './types.ts';

/** Host part of the address that a NAT shows, within the prefix of the link behind it. */
const NAT_HOST = '99';

function waysOf(word: WayWord = 'both'): readonly Way[] {
  return word === 'both' ? ['up', 'down'] : [word];
}

/** The tester's address on the link, with another host part. */
function natAddress(link: CellLink, family: Family): string {
  return link.tester[family].replace(/(?<=[.:])[0-9a-f]+$/, NAT_HOST);
}

/** @param link the link that they stand in; of a path, the client's */
export function makeBoxes(specs: readonly MiddleboxSpec[], link: CellLink, family: Family): Middlebox[] {
  return specs.flatMap((one) => make(one, link, family) ?? []);
}

function make(spec: MiddleboxSpec, link: CellLink, family: Family): Middlebox | undefined {
  if (spec.nat === true) return nat(natAddress(link, family));
  if (spec.strip !== undefined) {
    const { way, on = 'all', options, from } = spec.strip;
    return strip({
      ways: waysOf(way),
      on,
      ...(options === undefined ? {} : { kinds: options }),
      ...(from === undefined ? {} : { from: amount(from) }),
    });
  }
  if (spec.isn !== undefined) return rewriteIsn({ up: spec.isn.up ?? 0, down: spec.isn.down ?? 0 });
  if (spec.split !== undefined) return split(spec.split.at);
  if (spec.merge !== undefined) return merge(spec.merge['up-to']);
  if (spec.rewrite !== undefined) {
    const { way, after, insert = 0, times = 1 } = spec.rewrite;
    return rewrite({ ways: waysOf(way), after: amount(after), insert, times });
  }
  if (spec['early-ack'] !== undefined) return earlyAck(waysOf(spec['early-ack'].way));
  return spec.firewall === undefined ? undefined : firewall(spec.firewall.drop);
}
