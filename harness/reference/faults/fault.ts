/** How faults are written: a row each, and what several have in common. */
import type { TcpOption, TcpSegment } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import type { Connection, SegmentParts, Subflow } from '../state.ts';

/** One fault. `breaks` is the clause whose duty is not done; further ones where the RFC says it at several places. */
export function fault(
  id: string,
  breaks: string | readonly [string, ...string[]],
  does: string,
  override: (standard: Rules) => RulesChange,
): Variation {
  if (typeof breaks === 'string') return { id, clause: breaks, does, override };
  const [clause, ...also] = breaks;
  return { id, clause, also, does, override };
}

type Of<K extends TcpOption['kind']> = Extract<TcpOption, { kind: K }>;

/** Alters options of a kind as they go out; `change` answers what stands there instead, undefined for nothing. */
export function sends<K extends TcpOption['kind']>(
  kind: K,
  change: (option: Of<K>, subflow: Subflow, parts: SegmentParts) => TcpOption | undefined,
): (standard: Rules) => RulesChange {
  return ({ signals }) => ({
    signals: {
      outgoing: (subflow, options, parts) =>
        signals.outgoing(subflow, options, parts).flatMap((one) => {
          if (one.kind !== kind) return [one];
          const altered = change(one as Of<K>, subflow, parts);
          return altered === undefined ? [] : [altered];
        }),
    },
  });
}

/** Alters received options of a kind, before they are processed. */
export function reads<K extends TcpOption['kind']>(
  kind: K,
  change: (option: Of<K>, subflow: Subflow | undefined) => TcpOption | undefined,
): (standard: Rules) => RulesChange {
  return ({ signals }) => ({
    signals: {
      incoming: (options, subflow) =>
        signals.incoming(options, subflow).flatMap((one) => {
          if (one.kind !== kind) return [one];
          const altered = change(one as Of<K>, subflow);
          return altered === undefined ? [] : [altered];
        }),
    },
  });
}

/** Alters segments as they go out, after the stack has noted what they say. */
export function emits(change: (segment: TcpSegment, subflow: Subflow) => TcpSegment): (standard: Rules) => RulesChange {
  return ({ tcp }) => ({ tcp: { outgoing: (subflow, segment) => tcp.outgoing(subflow, change(segment, subflow)) } });
}

/** Options of these kinds count although the segment's numbers are wrong. */
export function actsUnchecked(...kinds: readonly TcpOption['kind'][]): () => RulesChange {
  return () => ({ signals: { actsUnchecked: (_, options) => options.filter(({ kind }) => kinds.includes(kind)) } });
}

/** A subflow that was added by MP_JOIN. */
export function isJoin(subflow: Subflow | undefined): boolean {
  return subflow?.kind === 'join';
}

/** Whether a subflow uses IPv6. */
export function isIpv6(subflow: Subflow | undefined): boolean {
  return subflow?.family === 'ipv6';
}

/** The second subflow that was added by MP_JOIN, and those after it. */
export function isLaterJoin(subflow: Subflow | undefined): boolean {
  return (subflow?.index ?? 0) >= 2;
}

/** The first answer is right, and all others are wrong. */
export function onlyFirst<A extends unknown[], R>(
  right: (...args: A) => R,
  wrong: (...args: A) => R,
): (...args: A) => R {
  let calls = 0;
  return (...args) => (calls++ === 0 ? right(...args) : wrong(...args));
}

/** Whether a connection has more than its first subflow. */
export function hasJoins(connection: Connection): boolean {
  return connection.subflows.some((one) => one.kind === 'join');
}

/** Ends a subflow by a RST at the end of the round, with the reason given. */
export function reset(subflow: Subflow, reason?: number): void {
  subflow.resetDue ??= { transient: false, options: [], ...(reason !== undefined && { reason }) };
}
