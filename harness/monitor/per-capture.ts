/** State of a rule over all connections of one capture. */
import type { Connection } from './connection.ts';

/**
 * A memory for each capture, made when it is first asked for and gone with the capture. Rules bound what they put in: no
 * capture takes unbounded memory.
 */
export function perCapture<T>(make: () => T): (connection: Pick<Connection, 'capture'>) => T {
  const memories = new WeakMap<object, { memory: T }>();
  return ({ capture }) => {
    const known = memories.get(capture) ?? { memory: make() };
    memories.set(capture, known);
    return known.memory;
  };
}
