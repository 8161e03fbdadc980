/** The stack's MPTCP counters, as a scenario sees them: from zero, though the stack may have run scenarios before. */
import type { Agent } from '../sut/types.ts';

/** Values of the `MPTcpExt` counters by name. */
export type Counters = ReadonlyMap<string, bigint>;

const SECTION = 'MPTcpExt';

/** Reads the counters; empty for a stack that has none, and for an agent that does not read them. @throws AgentRefused, AgentLost */
export async function readCounters(agent: Agent): Promise<Counters> {
  if (!agent.features.has('counters')) return new Map();
  const answer = await agent.request('counters', { prefix: SECTION });
  return new Map(
    Object.entries(answer).flatMap(([name, value]) =>
      /^-?\d+$/.test(value) ? [[name.replace(`${SECTION}.`, ''), BigInt(value)] as const] : [],
    ),
  );
}

/** By how much each counter has moved; those that have not are left out. */
export function movedCounters(before: Counters, after: Counters): Record<string, number> {
  const moved: Record<string, number> = {};
  for (const [name, value] of after) {
    const by = value - (before.get(name) ?? 0n);
    if (by !== 0n) moved[name] = Number(by);
  }
  return moved;
}
