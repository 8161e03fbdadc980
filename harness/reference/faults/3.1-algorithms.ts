/** Faults of the flags that name crypto algorithms (section 3.1). */
import type { Variation } from '../rules/index.ts';
import { capable } from './3.1-capable.ts';
import { fault } from './fault.ts';

/** Flag H: HMAC-SHA256. */
const H = 0x01;

/** Faults of the negotiation of version and algorithm. */
export const algorithmFaults: readonly Variation[] = [
  fault(
    'no-algorithm',
    ['3.1-21.s1', '3.1-24.s2'],
    'Names no algorithm on the SYN.',
    capable(0, ({ flags }) => ({ flags: flags & ~H })),
  ),
  fault(
    'no-algorithm-on-synack',
    '3.1-21.s1',
    'Names no algorithm on the SYN/ACK.',
    capable(1, ({ flags }) => ({ flags: flags & ~H })),
  ),
  fault(
    'no-algorithm-on-third',
    '3.1-21.s1',
    'Names no algorithm on the third packet.',
    capable(2, ({ flags }) => ({ flags: flags & ~H })),
  ),
  fault(
    'offers-g',
    ['3.1-20.8.s4', '3.1-20.8.s1', '3.1-20.8.s2', '7.3-1.s2.5'],
    'Sets bit G beside H on the SYN.',
    capable(0, ({ flags }) => ({ flags: flags | 2 })),
  ),
  fault(
    'answers-all-algorithms',
    ['3.1-20.8.s4', '3.1-20.8.s2'],
    'Sets bits D to H on the SYN/ACK.',
    capable(1, ({ flags }) => ({ flags: flags | 0x1f })),
  ),
  fault(
    'third-with-d',
    ['3.1-20.8.s4', '3.1-20.8.s1'],
    'Sets bit D on the third packet.',
    capable(2, ({ flags }) => ({ flags: flags | 0x10 })),
  ),
  fault('takes-no-algorithm', '3.1-21.s2', 'Accepts an MP_CAPABLE that names no algorithm.', () => ({
    initiation: { algorithmOffered: () => true },
  })),
  fault('takes-no-algorithm-answered', '3.1-21.s2', 'Accepts a SYN/ACK that names no algorithm.', () => ({
    initiation: { algorithmAnswered: ({ flags }) => (flags & 0x1f) === H || (flags & 0x1f) === 0 },
  })),
  fault(
    'takes-no-algorithm-on-third',
    '3.1-21.s2',
    'Accepts a third packet that names no algorithm.',
    ({ initiation }) => ({
      initiation: {
        thirdValid: (option, c, data) => initiation.thirdValid({ ...option, flags: option.flags | H }, c, data),
      },
    }),
  ),
  fault('answers-unknown-algorithm', '3.1-24.s5', 'Answers with H where only other algorithms are offered.', () => ({
    initiation: { algorithmOffered: ({ flags }) => (flags & 0x1f) !== 0 },
  })),
  fault(
    'answers-several-algorithms',
    '3.1-24.s3',
    'Answers with all algorithms that were offered.',
    ({ initiation }) => {
      let offered = H;
      return {
        initiation: {
          algorithmOffered: ({ flags }) => {
            offered = flags & 0x1f;
            return (flags & H) !== 0;
          },
          flags: (subflow, on) => initiation.flags(subflow, on) | (on === 'synack' ? offered : 0),
        },
      };
    },
  ),
  fault(
    'mirrors-unknown-algorithm',
    '3.1-24.s5',
    'Answers with the unknown algorithms that were offered.',
    ({ initiation }) => {
      let offered = H;
      return {
        initiation: {
          algorithmOffered: ({ flags }) => {
            offered = flags & 0x1f;
            return offered !== 0;
          },
          flags: (subflow, on) =>
            on === 'synack' ? (initiation.flags(subflow, on) & ~H) | offered : initiation.flags(subflow, on),
          thirdValid: () => true,
        },
      };
    },
  ),
  fault('resets-unknown-algorithm', '3.1-24.s5', 'Answers an offer of unknown algorithms with a RST.', () => {
    let refused = false;
    return {
      initiation: {
        algorithmOffered: ({ flags }) => {
          refused = (flags & 0x1f) !== 0 && (flags & H) === 0;
          return (flags & H) !== 0;
        },
      },
      tcp: {
        outgoing: (subflow, segment) =>
          refused && subflow.state === 'SYN_RECEIVED'
            ? { ...segment, flags: 0x14, options: [], payload: new Uint8Array() }
            : segment,
      },
    };
  }),
];
