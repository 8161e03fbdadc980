/** Whether agents are still there. */
import type { Agent } from './types.ts';

/** Why an agent is lost, if one is: links go with its namespace, so that is why whatever else failed then. Never throws. */
export async function lossOf(agents: Iterable<Agent>): Promise<unknown> {
  const asked = await Promise.allSettled([...agents].map((agent) => agent.request('hello')));
  return asked.find((one) => one.status === 'rejected')?.reason;
}
