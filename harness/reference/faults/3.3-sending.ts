/** Faults of retransmission, congestion control and subflow policy (sections 3.3.6 to 3.3.8). */
import type { Variation } from '../rules/index.ts';
import { fault, onlyFirst, sends } from './fault.ts';

/** Faults of sending. */
export const sendingFaults: readonly Variation[] = [
  fault(
    'original-not-repeated',
    ['3.3.6-1.s2.1', '6-11.3.s3', '3.3.6-4.s1'],
    'Does not repeat data on the subflow that it was on.',
    ({ reliability }) => ({
      reliability: {
        retransmitsOnSubflow: (subflow) =>
          subflow.connection.subflows.length < 2 || !reliability.retransmitsOnSubflow(subflow),
      },
    }),
  ),
  fault(
    'original-repeated-once',
    ['3.3.6-1.s2.1', '6-11.3.s3'],
    'Repeats data on its own subflow once, and then only on others.',
    () => ({
      reliability: {
        retransmitsOnSubflow: ({ backoff, connection }) => backoff <= 1 || connection.subflows.length < 2,
      },
    }),
  ),
  fault(
    'original-forgotten',
    ['3.3.6-1.s2.1', '6-11.3.s3'],
    'Removes data from the queue of a subflow when another subflow has it.',
    () => ({
      reliability: {
        retransmitsOnSubflow: ({ queue, connection }) => {
          const [head] = queue;
          return head?.dsn === undefined || head.dsn >= connection.sndUna;
        },
      },
    }),
  ),
  fault(
    'lost-data-forgotten',
    ['3.3.6-4.s1', '3.3.6-1.s1', '3.3.6-4.s2', '3.7-10.s2.2'],
    'Does not send the data of a failed subflow again.',
    () => ({ reliability: { reinjectsAfterLoss: () => false, retransmitsData: () => false } }),
  ),
  fault('half-of-lost-data', '3.3.6-4.s3', 'Sends only the first range of a failed subflow again.', () => ({
    reliability: { reinjected: (ranges) => ranges.slice(0, 1), retransmitsData: () => false },
  })),
  fault('never-gives-up', '3.3.6-4.s4.2', 'Repeats on a dead subflow for ever.', () => ({
    reliability: { attempts: () => 1_000_000 },
  })),
  fault('no-data-timer', '3.3.6-3.s2', 'Has no timer for data that is acknowledged on a subflow only.', () => ({
    reliability: { retransmitsData: () => false },
  })),
  fault('backup-used', '3.3.8-5.s1', 'Uses backup subflows like any other.', () => ({
    policy: { isBackup: () => false, scheduler: (ready) => ready.at(-1) },
  })),
  fault('backup-never-used', '3.3.8-9.s1', 'Does not give a backup subflow back after MP_PRIO with B=0.', () => ({
    policy: { priority: ({ backup }, subflow) => backup || subflow.peerBackup },
  })),
  fault('priority-ignored', '3.3.8-6.s2', 'Ignores MP_PRIO.', () => ({ policy: { priorityAppliesTo: () => [] } })),
  fault('priority-of-all', '3.3.8-6.s2', 'Applies MP_PRIO to all subflows.', () => ({
    policy: { priorityAppliesTo: ({ connection }) => connection.subflows },
  })),
  fault('priority-of-others', '3.3.8-6.s2', 'Applies MP_PRIO to the other subflows.', () => ({
    policy: { priorityAppliesTo: (subflow) => subflow.connection.subflows.filter((one) => one !== subflow) },
  })),
  fault('priority-inverted', '3.3.8-6.s2', 'Sends MP_PRIO with B the wrong way round.', () => ({
    policy: { flag: (backup) => !backup },
  })),
  fault('priority-on-first', '3.3.8-6.s2', 'Sends MP_PRIO on the first subflow, whichever it is about.', () => ({
    policy: { prioritySubflow: (subflow) => subflow.connection.subflows[0] ?? subflow },
  })),
  fault('priority-reserved', '3.3.8-7.1.s1.2', 'Sets a reserved bit of MP_PRIO.', () => ({ policy: { reserved: 2 } })),
  fault(
    'priority-with-address-id',
    ['3.3.8-7.1.s1.1', '5-6.s4'],
    'Sends MP_PRIO with an Address ID, as version 0 did.',
    sends('mp_prio', (option, { localId }) => ({ ...option, addressId: localId })),
  ),
  fault('priority-unsent', '3.3.8-8.s1', 'Does not tell the peer that a subflow is to be backup.', () => ({
    policy: { sendsPriority: () => false },
  })),
  fault('priority-first-only', '3.3.8-6.s2', 'Ignores all but the first MP_PRIO of a connection.', ({ policy }) => ({
    policy: { priorityAppliesTo: onlyFirst(policy.priorityAppliesTo, () => []) },
  })),
];
