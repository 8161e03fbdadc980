/** Faults that show on paths with middleboxes and between connections (sections 4 and 6), and of what is received there. */
import { FLAG } from '../../packet/index.ts';
import type { StackState, Subflow } from '../state.ts';
import type { Variation } from '../rules/index.ts';
import { emits, fault, isJoin, reads, reset, sends } from './fault.ts';

/** Faults of sections 4 and 6, and of duties that they repeat. */
export const middleboxFaults: readonly Variation[] = [
  fault(
    'repeated-mapping-resets',
    ['6-2.s3', '3.1-16.s7.2'],
    'Resets a subflow on which the same mapping comes again.',
    ({ signals }) => {
      const known = new WeakMap<Subflow, Set<string>>();
      return {
        signals: {
          incoming: (options, subflow) => {
            const dss = options.find((one) => one.kind === 'dss');
            if (subflow !== undefined && dss?.hasMap === true && (dss.dataLength ?? 0) > 0) {
              const seen = known.get(subflow) ?? new Set();
              const mapping = `${dss.dsn} ${dss.ssn} ${dss.dataLength}`;
              if (seen.has(mapping)) reset(subflow, 1);
              known.set(subflow, seen.add(mapping));
            }
            return signals.incoming(options, subflow);
          },
        },
      };
    },
  ),
  fault('signals-on-data-ignored', '3-6.s1', 'Ignores ADD_ADDR on segments with data.', ({ signals }) => ({
    signals: {
      incoming: (options, subflow) => {
        const maps = options.some((one) => one.kind === 'dss' && one.hasMap);
        return signals.incoming(options, subflow).filter(({ kind }) => !maps || kind !== 'add_addr');
      },
    },
  })),
  fault(
    'own-stateless-key-refused',
    '3.1-13.s1',
    'Does not recognize the key that it made without keeping state.',
    ({ initiation }) => {
      let stack: StackState | undefined;
      return {
        initiation: {
          tokenFree: (state, candidate) => initiation.tokenFree((stack = state), candidate),
          thirdValid: (option, connection, withData) =>
            stack?.sysctls.get('net.ipv4.tcp_syncookies') !== '2' &&
            initiation.thirdValid(option, connection, withData),
        },
      };
    },
  ),
  fault(
    'closed-port-silent',
    ['3.2-24.s2', '6-7.s3'],
    'Does not answer a SYN to a port where nothing listens.',
    () => ({ tcp: { answersClosedPort: () => false } }),
  ),
  fault(
    'same-data-resets',
    '3.3.6-1.s5',
    'Resets a subflow whose data another subflow has brought before.',
    ({ receiving }) => ({
      receiving: {
        bytesAlreadyReceived: (subflow, bytes) => {
          if (bytes > 0 && subflow.connection.subflows.length > 1) reset(subflow, 1);
          return receiving.bytesAlreadyReceived(subflow, bytes);
        },
      },
    }),
  ),
  fault(
    'sack-of-the-stream',
    '3.3.1-1.s4',
    'Reports no SACK blocks for data that waits for earlier bytes.',
    emits((segment) => ({ ...segment, options: segment.options.filter(({ kind }) => kind !== 'sack') })),
  ),
  fault(
    'removes-by-source',
    '3.4.1-4.s1',
    'Removes the subflows to the address from which REMOVE_ADDR came, whatever the Address ID.',
    () => ({ removing: { concerns: (subflow, _id, via) => subflow.remote.address === via.remote.address } }),
  ),
  fault('reason-0-ends-connection', '3.6-6.1.s2', 'Closes the connection for a RST with reason 0.', () => ({
    reset: { endsConnection: (subflow) => subflow.peerReset?.reason === 0 },
  })),
  fault(
    'names-of-latest-subflow',
    '4-2.16.s1',
    'Shows the application the addresses and ports of the subflow that is still open.',
    () => ({ policy: { namesOf: ({ first, subflows }) => subflows[0] ?? first } }),
  ),
  fault('capable-kept-from-syn', '6-4.s1', 'Connects without MP_CAPABLE on the SYN.', () => ({
    initiation: { offersCapable: () => false },
  })),
  fault(
    'one-sequence-space',
    '1.1-5.4.s2',
    'Counts the sequence numbers of joined subflows on when data went out on another subflow.',
    emits((segment, subflow) => {
      const skipped = isJoin(subflow) && segment.payload.length > 0 ? 1000 : 0;
      return { ...segment, seq: (segment.seq + skipped) >>> 0 };
    }),
  ),
  fault(
    'mappings-wanted-after-infinite',
    ['3.7-11.s6', '3.7-11.s2'],
    'Takes no data without a mapping after an infinite mapping came.',
    () => ({
      fallback: {
        afterFallback: ({ connection }, options) =>
          connection.remoteKey === undefined || options.some((one) => one.kind === 'dss'),
      },
    }),
  ),
  fault(
    'experimental-resets',
    '7.2-1.s2.10',
    'Resets a subflow on which MP_EXPERIMENTAL comes.',
    reads('mp_experimental', (option, subflow) => {
      if (subflow !== undefined) reset(subflow, 1);
      return option;
    }),
  ),
  fault(
    'fast-close-on-fin',
    ['3.5-4.s1', '3.5-5.1.s1.1'],
    'Sends MP_FASTCLOSE on a FIN.',
    emits((segment) =>
      segment.options.some(({ kind }) => kind === 'mp_fastclose')
        ? { ...segment, flags: FLAG.FIN | FLAG.ACK }
        : segment,
    ),
  ),
  fault(
    'announces-first-address',
    '3.4.1-1.s1',
    'Announces the address of the first subflow in the place of another.',
    sends('add_addr', (option, { connection }) =>
      option.echo ? option : { ...option, address: connection.first?.local.address ?? option.address },
    ),
  ),
];
