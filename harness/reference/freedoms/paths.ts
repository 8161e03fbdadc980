/** Choices that RFC 8684 leaves to a path manager. */
import type { Variation } from '../rules/index.ts';

/** Freedoms of path management. */
export const pathFreedoms: readonly Variation[] = [
  {
    id: 'no-echo',
    clause: '3.4.1-4.s3',
    does: 'Discards every ADD_ADDR: no echo, no join.',
    lacks: ['echoes-announcements', 'joins-announced-addresses'],
    override: () => ({ announcing: { takes: () => false } }),
  },
  {
    id: 'echo-only',
    clause: '3.9.3-3.s5',
    does: 'Echoes ADD_ADDR and opens no subflow for it.',
    lacks: ['joins-announced-addresses'],
    override: () => ({ heuristics: { connectsToAnnounced: () => false } }),
  },
  {
    id: 'joins-from-all-addresses',
    clause: '3.2-1.s3',
    does: 'Connects to an announced address from every address of its family.',
    override: () => ({ heuristics: { sources: (_, all) => all } }),
  },
  {
    id: 'two-subflows-per-pair',
    clause: '3.9.1-2.s2',
    does: 'Opens two subflows from each endpoint, with different ports.',
    override: () => ({ heuristics: { subflowsPerPair: 2 } }),
  },
  {
    id: 'refuses-joins',
    clause: '3.2-12.s2',
    does: 'Refuses every join by policy, with "administratively prohibited".',
    lacks: ['accepts-joins'],
    override: () => ({ join: { acceptedByPolicy: () => false } }),
  },
  {
    id: 'refuses-joins-for-resources',
    clause: '3.2-12.s2',
    does: 'Takes one join and refuses others with "lack of resources".',
    lacks: ['accepts-several-joins'],
    override: () => ({ join: { acceptedByPolicy: (_, taken, limit) => taken < Math.min(1, limit), policyReason: 2 } }),
  },
  {
    id: 'mptcp-error-on-refusal',
    clause: '3.2-12.s2',
    does: 'Refuses joins over its limit with "MPTCP-specific error".',
    override: () => ({ join: { policyReason: 1 } }),
  },
  {
    id: 'quick-add-addr',
    clause: '3.4.1-8.s6',
    does: 'Repeats an ADD_ADDR that gets no echo after one second.',
    override: () => ({ announcing: { retransmitAfter: () => 1000 } }),
  },
  {
    id: 'single-add-addr',
    clause: '3.4.1-8.s6',
    does: 'Sends each ADD_ADDR once, echo or not.',
    override: () => ({ announcing: { goesOn: ({ transmissions }) => transmissions < 1 } }),
  },
  {
    id: 'slow-removal',
    clause: '3.4.2-4.s2',
    does: 'Asks a path six times, ten seconds apart, before it removes it.',
    override: () => ({ removing: { probes: 6, probeInterval: () => 10_000 } }),
  },
  {
    id: 'ignores-priority',
    clause: '3.3.8-9.s2',
    does: 'Uses backup subflows as others: local policy overrides the request.',
    lacks: ['follows-backup-requests'],
    override: () => ({ policy: { isBackup: () => false } }),
  },
  {
    id: 'backup-by-peer-only',
    clause: '3.3.8-9.s3',
    does: 'Goes on using a subflow for which it has itself asked for backup.',
    override: () => ({ policy: { isBackup: ({ peerBackup }) => peerBackup } }),
  },
  {
    id: 'forgets-transient',
    clause: '3.6-4.s2',
    does: 'Never tries a path again after a RST, transient or not.',
    override: () => ({ reset: { mayRetry: () => false } }),
  },
];
