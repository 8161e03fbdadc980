/** Whether agents are still there. */
import type { Agent } from './types.ts';

/** Reason why an agent was lost, if one was. Its links vanish with it, so this explains other failures. Never throws. */
export async function lossOf(agents: Iterable<Agent>): Promise<unknown> {
  const asked = await Promise.allSettled([...agents].map((agent) => agent.request('hello')));
  return asked.find((one) => one.status === 'rejected')?.reason;
}
