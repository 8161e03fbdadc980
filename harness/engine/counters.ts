/** The stack's counters, as a scenario sees them: from zero, though the stack may have run scenarios before. */
import type { Agent } from '../sut/types.ts';

/** Values of counters by name: those of `MPTcpExt` by their bare name, others with their section. */
export type Counters = ReadonlyMap<string, bigint>;

const SECTION = 'MPTcpExt.';
/** Says why TCP did not take a packet. */
const TCP_SECTION = 'TcpExt.';

/**
 * Reads the counters; empty for a stack that has none, and for an agent that does not read them.
 *
 * @param withTcp also those of `TcpExt`, which are many
 * @throws AgentRefused, AgentLost
 */
export async function readCounters(agent: Agent, withTcp = false): Promise<Counters> {
  if (!agent.features.has('counters')) return new Map();
  const sections = withTcp ? [SECTION, TCP_SECTION] : [SECTION];
  const answers = await Promise.all(sections.map((prefix) => agent.request('counters', { prefix })));
  const counters = new Map<string, bigint>();
  for (const answer of answers) {
    for (const [name, value] of Object.entries(answer)) {
      if (/^-?\d+$/.test(value)) counters.set(name.replace(SECTION, ''), BigInt(value));
    }
  }
  return counters;
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
