/** Choices of TCP that a stack under RFC 8684 is free to make. */
import type { TcpOption } from '../../packet/index.ts';
import type { Variation } from '../rules/index.ts';
import { bytesOf } from '../tcp/option-space.ts';

/** Sorts options by their kinds, those named first. */
function inOrder(options: readonly TcpOption[], first: readonly TcpOption['kind'][]): TcpOption[] {
  const rank = (one: TcpOption) => (first.includes(one.kind) ? first.indexOf(one.kind) : first.length);
  return [...options].sort((a, b) => rank(a) - rank(b));
}

/** Freedoms of TCP. */
export const tcpFreedoms: readonly Variation[] = [
  {
    id: 'no-sack',
    clause: '3.3.1-2.s4',
    does: 'Neither offers nor uses SACK.',
    override: () => ({ tcp: { offersSack: false } }),
  },
  {
    id: 'no-timestamps',
    clause: 'A-3.s1',
    does: 'Neither offers nor uses TCP timestamps.',
    override: () => ({ tcp: { offersTimestamps: false } }),
  },
  {
    id: 'no-window-scaling',
    clause: 'C.1.2-1.s3',
    does: 'Neither offers nor uses window scaling.',
    lacks: ['window-scaling'],
    override: () => ({ tcp: { offersScaling: false } }),
  },
  {
    id: 'no-mss-option',
    clause: 'A-2.s1',
    does: 'Sends SYNs without an MSS option, so that the peer sends the default of 536 or 1220 bytes.',
    override: () => ({ tcp: { mssToOffer: () => undefined } }),
  },
  {
    id: 'small-mss',
    clause: 'A-2.s1',
    does: 'Offers an MSS of 600 bytes.',
    override: () => ({ tcp: { mssToOffer: () => 600 } }),
  },
  {
    id: 'large-window-shift',
    clause: 'C.1.2-1.s3',
    does: 'Scales its windows by 2 to the 9th.',
    override: () => ({ tcp: { windowShift: 9 } }),
  },
  {
    id: 'zero-window-shift',
    clause: 'C.1.2-1.s3',
    does: 'Offers window scaling and scales its own windows by nothing.',
    override: () => ({ tcp: { windowShift: 0 } }),
  },
  {
    id: 'slow-rto',
    clause: '3.3.6-4.s3',
    does: 'Has a minimum retransmission timeout of one second, as RFC 6298 recommends.',
    override: ({ reliability }) => ({
      reliability: { dataTimeout: (connection, rto) => Math.max(reliability.dataTimeout(connection, rto), 2000) },
      tcp: { minRto: 1000, initialRto: 1000 },
    }),
  },
  {
    id: 'initial-rto-3s',
    clause: '3.1-27.s1',
    does: 'Repeats an unanswered SYN after three seconds.',
    override: () => ({ tcp: { initialRto: 3000 } }),
  },
  {
    id: 'delayed-acks',
    clause: '3.3.2-3.s4',
    does: 'Delays the ACK of a single segment by up to 500 ms.',
    override: () => ({ tcp: { ackDelay: () => 499 } }),
  },
  {
    id: 'short-delayed-acks',
    clause: '3.3.2-3.s4',
    does: 'Delays the ACK of a single segment by 40 ms.',
    override: () => ({ tcp: { ackDelay: () => 40 } }),
  },
  {
    id: 'nagle',
    clause: '3.3.8-1.s1',
    does: 'Holds less than a full segment back while data is on the way, with MPTCP too.',
    override: () => ({
      tcp: { delaysSmall: ({ connection }, inFlight) => connection.corked || (inFlight && !connection.noDelay) },
    }),
  },
  {
    id: 'initial-window-1',
    clause: '3.3.7-1.s1',
    does: 'Starts each subflow with a congestion window of one segment.',
    lacks: ['initial-window-of-six'],
    override: () => ({ congestion: { initialSegments: () => 1 } }),
  },
  {
    id: 'uncoupled-congestion',
    clause: '3.3.7-2.s1',
    does: 'Grows the congestion window of each subflow as if it were alone.',
    override: () => ({ congestion: { increase: (_, alone) => alone } }),
  },
  {
    id: 'small-buffers',
    clause: '3.3.4-6.s1',
    does: 'Has a receive buffer of 8 KiB.',
    override: () => ({ receiving: { capacity: () => 8192 } }),
  },
  {
    id: 'large-buffers',
    clause: '3.3.4-6.s1',
    does: 'Has buffers of 4 MiB, which take all of a scaled window.',
    override: () => ({
      tcp: { windowShift: 7 },
      receiving: { capacity: () => 4_194_304 },
      sending: { capacity: () => 4_194_304 },
    }),
  },
  {
    id: 'mptcp-options-first',
    clause: '3-4.s1',
    does: 'Puts MPTCP options before all others.',
    override: () => ({
      tcp: { optionOrder: (options) => [...options].sort((a, b) => Number(isCommon(a)) - Number(isCommon(b))) },
    }),
  },
  {
    id: 'other-option-order',
    clause: '3-4.s1',
    does: 'Sends options in another order: window scale, SACK, timestamps, MPTCP, MSS.',
    override: () => ({
      tcp: {
        optionOrder: (options) => inOrder(options, ['wscale', 'sack_ok', 'sack', 'ts', 'dss', 'mp_capable', 'mp_join']),
      },
    }),
  },
  {
    id: 'padded-options',
    clause: 'A-2.s3',
    does: 'Pads every option to whole words by NOPs where there is room.',
    override: () => ({ tcp: { optionOrder: padded } }),
  },
  {
    id: 'short-time-wait',
    clause: '3.3.3-7.s3',
    does: 'Leaves TIME_WAIT after one second once a DATA_FIN has come.',
    override: ({ tcp }) => ({
      tcp: { timeWait: (subflow) => (subflow.connection.peerClosed ? 1000 : tcp.timeWait(subflow)) },
    }),
  },
];

function isCommon(option: TcpOption): boolean {
  return ['mss', 'sack_ok', 'sack', 'ts', 'wscale', 'fastopen'].includes(option.kind);
}

/** NOPs before the two options whose lengths are not whole words, as RFC 7323 shows it. */
function padded(options: readonly TcpOption[]): TcpOption[] {
  const nops = { ts: 2, wscale: 1, sack_ok: 2, sack: 2 } as const;
  const result = options.flatMap((one): TcpOption[] => {
    const count = one.kind in nops ? nops[one.kind as keyof typeof nops] : 0;
    return [...Array.from({ length: count }, (): TcpOption => ({ kind: 'nop' })), one];
  });
  return encodedBytes(result) <= 40 ? result : [...options];
}

function encodedBytes(options: readonly TcpOption[]): number {
  return options.reduce((sum, one) => sum + bytesOf(one), 0);
}
