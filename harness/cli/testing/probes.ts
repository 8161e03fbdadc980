/** Seeded sequences of packets and calls for the differential test. */
import { seededRandom } from '../../clock/random.ts';
import { FLAG } from '../../packet/index.ts';
import type { Prober } from './prober.ts';

/** One thing that is done to a stack. */
type Probe = (prober: Prober) => Promise<unknown>;

/** Steps after the handshake, right ones and wrong ones, by what they do. */
const PROBES: Readonly<Record<string, Probe>> = {
  data: (p) => p.send({ length: 100, options: [p.dss({ length: 100 })] }),
  'data again': (p) =>
    p.send({ length: 100, seq: -100, advance: 0, options: [p.dss({ length: 100, dsn: -100, ssn: -100 })] }),
  'data after a gap': (p) =>
    p.send({ length: 100, seq: 100, advance: 0, options: [p.dss({ length: 100, dsn: 100, ssn: 100 })] }),
  'data without options': (p) => p.send({ length: 100, options: [] }),
  'data with the next DSN wrong': (p) => p.send({ length: 100, options: [p.dss({ length: 100, dsn: 50 })] }),
  'data under an old DSN': (p) => p.send({ length: 100, options: [p.dss({ length: 100, dsn: -100 })] }),
  'data with another subflow number': (p) => p.send({ length: 100, options: [p.dss({ length: 100, ssn: 7 })] }),
  'data mapped in part': (p) => p.send({ length: 100, options: [p.dss({ length: 50 })] }),
  'data far outside the window': (p) => p.send({ length: 100, options: [p.dss({ length: 100, dsn: 90_000_000 })] }),
  'checksum wrong, missing or needless': (p) =>
    p.send({ length: 100, options: [p.dss({ length: 100, sum: p.checksum ? 1 : -1 })] }),
  'infinite mapping': (p) => p.send({ length: 100, options: [p.dss({ length: 0 })] }),
  ack: (p) => p.send({ options: [p.dss()] }),
  'ack without options': (p) => p.send({ options: [] }),
  'Data ACK of what was not sent': (p) => p.send({ options: [p.dss(undefined, 1000)] }),
  DATA_FIN: (p) => p.send({ options: [p.dss({ length: 1, fin: true, bytes: 0 })] }),
  'data and DATA_FIN': (p) => p.send({ length: 100, options: [p.dss({ length: 101, fin: true, bytes: 100 })] }),
  fin: (p) => p.send({ flags: FLAG.FIN | FLAG.ACK, advance: 1, options: [p.dss()] }),
  rst: (p) => p.send({ flags: FLAG.RST, options: [] }),
  MP_PRIO: (p) => p.send({ options: [{ kind: 'mp_prio', reserved: 0, backup: true }] }),
  ADD_ADDR: (p) => p.send({ options: [p.addAddr(true)] }),
  'ADD_ADDR with a wrong HMAC': (p) => p.send({ options: [p.addAddr(false)] }),
  'REMOVE_ADDR of an unknown id': (p) => p.send({ options: [{ kind: 'remove_addr', reserved: 0, addressIds: [9] }] }),
  MP_FAIL: (p) => p.send({ options: [p.dss(), p.fail()] }),
  MP_FASTCLOSE: (p) => p.send({ options: [p.fastClose(true)] }),
  'MP_FASTCLOSE with a wrong key': (p) => p.send({ options: [p.fastClose(false)] }),
  'the application sends': (p) => p.agent.request('send', { fd: 'conn', fill: 100 }).catch(() => undefined),
  'the application ends its data': (p) => p.agent.request('shutdown', { fd: 'conn', how: 'wr' }).catch(() => undefined),
};

/** A sequence: whether checksums are used, and the names of its steps. */
export interface Sequence {
  seed: string;
  checksum: boolean;
  steps: string[];
}

/** The sequence of a seed: right data first, for half of them, then whatever comes. */
export function sequenceOf(seed: string): Sequence {
  const random = seededRandom(`differential ${seed}`);
  const names = Object.keys(PROBES);
  const pick = (): string => names[Math.floor(random() * names.length)] ?? 'data';
  const checksum = random() < 0.4;
  const opening = random() < 0.8 ? ['data', 'the application sends', 'ack'] : [];
  return { seed, checksum, steps: [...opening, ...Array.from({ length: 4 }, pick)] };
}

/** A stack's replies to each step, the handshake first. Ends when the connection ends. */
export async function play({ steps }: Sequence, prober: Prober): Promise<{ step: string; answer: string }[]> {
  const course: { step: string; answer: string }[] = [];
  const note = async (step: string): Promise<void> => void course.push({ step, answer: await prober.answers() });
  const { agent } = prober;
  await agent.request('socket', { family: 'ipv4', proto: 'mptcp', name: 'lsn' });
  await agent.request('bind', { fd: 'lsn', addr: '0.0.0.0', port: 5001 });
  await agent.request('listen', { fd: 'lsn' });
  await prober.syn([{ kind: 'mss', mss: 1400 }, prober.capable('syn')]);
  await note('SYN');
  await prober.send({ options: [prober.capable('ack')] });
  await agent.request('accept', { fd: 'lsn', as: 'conn', timeout: 5000 });
  await note('third packet');
  await prober.send({ length: 100, options: [prober.capable('data', 100)] });
  await note('first data');
  for (const step of steps) {
    await PROBES[step]?.(prober);
    await note(step);
    if (course.at(-1)?.answer.includes('RST') === true || step === 'rst') break;
  }
  return course;
}
