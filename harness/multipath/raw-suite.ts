/** Suites of two stacks over several paths as they are written; `suites/schema/multipath.schema.json` says the same. */
import type { Family } from '../packet/types.ts';
import type { MiddleboxSpec } from '../topology/types.ts';

/** A shape, amounts as written. */
export interface RawShape {
  rate?: string;
  delay?: string;
  loss?: string;
  queue?: string;
  mtu?: number;
  'too-big'?: 'told' | 'silent';
}

/** A shape of both ways of a path, and of one way each. */
export interface RawPathShape extends RawShape {
  up?: RawShape;
  down?: RawShape;
}

interface RawPath extends RawPathShape {
  shares?: string;
  middleboxes?: MiddleboxSpec[];
}

/** Settings of one of the two hosts. */
export interface RawHost {
  endpoints?: Record<string, string[]>;
  subflows?: number;
  accept?: number;
  sysctls?: Record<string, string>;
  routes?: Record<string, string>;
}

/** Packets that `judge-seen` and `judge-unseen` search for. */
export interface SeenRequest {
  option?: string;
  path?: string;
  in?: 'syn' | 'data';
  from: 'client' | 'server';
  since?: string;
  before?: string;
  reset?: boolean;
}

/** The arguments of each verb. */
export interface Verbs {
  connect: { path: string; to?: string; proto?: 'mptcp' | 'tcp'; as?: string };
  joined: string[];
  single: { path: string; size: string; from?: 'client' | 'server'; as: string };
  send: { size: string; from?: 'client' | 'server'; as?: string; over?: string };
  transfers: { count: number; size: string; from?: 'client' | 'server'; as: string; over?: string };
  until: {
    delivered?: string;
    of?: string;
    ends?: string;
    recovered?: string;
    carried?: string;
    octets?: string;
    seen?: string;
    on?: string;
    from?: 'client' | 'server';
  };
  requests: { count: number; ask: string; answer: string; as: string; over?: string; pause?: string };
  shape: RawPathShape & { path: string };
  drop: { path: string; from?: 'client' | 'server'; segments?: number };
  silence: string;
  restore: string;
  unplug: string;
  plug: string;
  'remove-address': string;
  'add-address': string;
  'add-endpoint': { link: string; flags?: string[] };
  'remove-endpoint': string;
  'set-backup': { link: string; to: boolean };
  pass: string;
  finish: string;
  'judge-intact': string;
  'judge-error': { of: string; 'one-of': string[] };
  'judge-goodput': {
    of: string;
    counts?: 'best' | 'worst';
    against: string | string[];
    'at-least'?: number;
    'at-most'?: number;
    since?: string;
  };
  'judge-gap': { of: string; 'at-most': string; since?: string };
  'judge-share': {
    path: string;
    from?: 'client' | 'server';
    'at-least'?: string;
    'at-most'?: string;
    since?: string;
    before?: string;
  };
  'judge-reinjected': { from: string; to: string[]; since?: string };
  'judge-retransmitted': { path: string; since?: string };
  'judge-latency': { of: string; against: string; quantile?: number; 'at-most': number };
  'judge-seen': SeenRequest;
  'judge-unseen': SeenRequest;
  'judge-capacity': {
    of: string;
    against: string | string[];
    path?: string;
    from?: 'client' | 'server';
    since: string;
    before: string;
    'at-least'?: number;
    'at-most'?: number;
  };
  'judge-rate': {
    path: string;
    from?: 'client' | 'server';
    since: string;
    before: string;
    against: 'limit' | { since: string; before: string };
    'for-want-of'?: 'window';
    'at-least'?: number;
    'at-most'?: number;
  };
  'judge-plain': { path: string; from?: 'client' | 'server'; since?: string; is: boolean };
}

/** Name of a verb. */
export type Verb = keyof Verbs;

/** A step as written: one verb, and what every step may have. */
export type RawStep = Partial<Verbs> & { clause?: string | string[]; mark?: string; within?: string };

/** A scenario. */
export interface RawScenario {
  title: string;
  family?: Family[];
  'for-each'?: Record<string, (string | number | boolean)[]>;
  paths: Record<string, RawPath>;
  client?: RawHost;
  server?: RawHost;
  checksums?: boolean | string;
  seed?: string;
  steps: RawStep[];
}

/** A suite. */
export interface RawSuite {
  title: string;
  section: 'multipath';
  topology?: string;
  scenarios: Record<string, RawScenario>;
}
