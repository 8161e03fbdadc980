/** Faults of address removal (section 3.4.2). */
import type { Variation } from '../rules/index.ts';
import { enqueue } from '../tcp/subflow.ts';
import { fault, isJoin, reads, reset } from './fault.ts';

/** Faults of the removal of addresses. */
export const removalFaults: readonly Variation[] = [
  fault('remove-addr-reserved', '3.4.2-3.1.s1.4', 'Sets reserved bits of REMOVE_ADDR.', () => ({
    removing: { reserved: 0xf },
  })),
  fault(
    'remove-addr-reserved-minded',
    '3.4.2-3.1.s1.4',
    'Ignores REMOVE_ADDR with reserved bits.',
    reads('remove_addr', (option) => (option.reserved === 0 ? option : undefined)),
  ),
  fault('first-id-only', '3.4.2-4.s2.1', 'Ignores all but the first Address ID of REMOVE_ADDR.', () => ({
    removing: { idsToTake: (ids) => ids.slice(0, 1) },
  })),
  fault('last-id-only', '3.4.2-4.s2.1', 'Ignores all but the last Address ID of REMOVE_ADDR.', () => ({
    removing: { idsToTake: (ids) => ids.slice(-1) },
  })),
  fault(
    'unknown-id-ends-subflow',
    '3.4.2-6.s2',
    'Ends the subflow on which an unknown Address ID is removed.',
    ({ removing }) => ({
      removing: {
        idsToTake: (ids, subflow) => {
          if (ids.some((id) => !subflow.connection.remoteAddresses.has(id))) reset(subflow, 1);
          return removing.idsToTake(ids, subflow);
        },
      },
    }),
  ),
  fault(
    'unknown-id-is-all',
    '3.8-3.3.s1',
    'Treats the removal of an unknown Address ID as that of all, at once.',
    () => ({
      removing: {
        asksFirst: () => false,
        idsToTake: (ids, { connection }) =>
          ids.every((id) => connection.remoteAddresses.has(id)) ? ids : [...connection.remoteAddresses.keys()],
      },
    }),
  ),
  fault('removes-at-once', '3.4.2-4.s1', 'Removes a path without asking whether it is in use.', () => ({
    removing: { asksFirst: () => false },
  })),
  fault('removes-joins-at-once', '3.4.2-4.s2.1', 'Removes joined subflows without a keepalive.', () => ({
    removing: { asksFirst: (subflow) => !isJoin(subflow) },
  })),
  fault('removes-though-answered', '3.4.2-4.s2.2', 'Removes a path though its keepalive was answered.', () => ({
    removing: {
      keepsAnswered: (subflow) => {
        reset(subflow, 0);
        return false;
      },
    },
  })),
  fault('removes-without-reset', '3.4.2-5.s1.2', 'Closes a path that does not answer by a FIN.', () => ({
    removing: {
      resetsPath: (subflow) => {
        enqueue(subflow, { fin: true });
        return false;
      },
    },
  })),
  fault(
    'removes-other-paths',
    ['3.4.1-4.s1', '3.4.2-4.s2.1'],
    'Removes the subflow on which REMOVE_ADDR came.',
    () => ({ removing: { concerns: (subflow, _, via) => subflow === via } }),
  ),
  fault(
    'working-subflow-left',
    ['3.4.2-5.s1.1', '3.4.2-4.s3.2'],
    'Leaves a working subflow whose address it gives up to REMOVE_ADDR.',
    () => ({ removing: { closesByFin: () => false, endsLocally: () => false } }),
  ),
  fault('removal-untold', '3.4.2-1.s1', 'Does not tell that an address is gone.', () => ({
    removing: { tells: (_announced, _inUse, gone) => !gone },
  })),
  fault(
    'unused-removal-untold',
    '3.4.2-1.s2',
    'Does not tell that an announced address is gone that no subflow uses.',
    () => ({ removing: { tells: (_announced, inUse) => inUse } }),
  ),
];
