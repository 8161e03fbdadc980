/** Records the statements of monitors, one ledger for a connection. */
import { other, type Connection, type Side } from './connection.ts';
import { describeSent } from './describe-event.ts';
import type { Finding, Judge, Monitor, PacketEvent, Remark, Rule } from './types.ts';
import { type Level, verdictOf } from '../verdict/level.ts';
import type { JudgedVerdict } from '../verdict/verdict.ts';

/** Settings of the ledger. */
export interface JudgeSettings {
  levelOf: (clause: string) => Level;
}

interface Tally {
  monitor: string;
  rule: Rule;
  side: Side;
  passes: number;
  /** First observation of each kind. */
  broken: Observation | undefined;
  info: readonly Observation[];
  unknown: Observation | undefined;
}

interface Observation extends Remark {
  count: number;
  event: { index: number; at: number; subflow: number } | undefined;
  text: string | undefined;
}

/** Different remarks of an `info` rule that are kept. */
const KEPT_INFO = 4;

const NOTHING: readonly Observation[] = [];

/** Notes what a host chose. The packet is named and not described: there are many of these, and few are read. */
function noteInfo(tally: Tally, { index, at, flow }: PacketEvent, message: string): void {
  const same = tally.info.find((one) => one.message === message);
  if (same !== undefined) same.count++;
  else if (tally.info.length < KEPT_INFO) {
    tally.info = [...tally.info, { message, count: 1, event: { index, at, subflow: flow.number }, text: undefined }];
  }
}

/** Counts of one monitor, by the index of its rule; a pair for the two sides. */
type Tallies = ([Tally, Tally] | undefined)[];

/** Most rules have nothing to say of most connections: their tallies are made when they are needed. */
function openTallies(monitor: Monitor, rule: Rule, place: number): [Tally, Tally] {
  if (place < 0) throw new Error(`rule ${rule.name} is not among those of monitor ${monitor.name}; add it there`);
  const tally = (side: Side): Tally => ({
    monitor: monitor.name,
    rule,
    side,
    passes: 0,
    broken: undefined,
    info: NOTHING,
    unknown: undefined,
  });
  return [tally(0), tally(1)];
}

/** The ledger of one connection. */
export class Ledger {
  readonly #connection: Connection;
  readonly #settings: JudgeSettings;
  /** Tallies of each monitor in turn, in the order of its rules: looked up several times for each packet. */
  readonly #tallies: Tallies[] = [];

  constructor(connection: Connection, settings: JudgeSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /** The judge that one monitor talks to. */
  judgeFor(monitor: Monitor): Judge {
    const tallies: Tallies = [];
    this.#tallies.push(tallies);
    const tallyOf = (rule: Rule, side: Side): Tally => {
      const place = monitor.rules.indexOf(rule);
      return (tallies[place] ??= openTallies(monitor, rule, place))[side];
    };
    const broken: Judge['broken'] = (rule, event, remark, side = event.side) =>
      this.#broken(tallyOf(rule, side), event, remark);
    return {
      pass: (rule, side) => {
        tallyOf(rule, side).passes++;
      },
      broken,
      check: (rule, event, holds, remark) => {
        if (holds) tallyOf(rule, event.side).passes++;
        else broken(rule, event, remark());
      },
      info: (rule, event, message) => noteInfo(tallyOf(rule, event.side), event, message),
      unknown: (rule, side, message) => {
        tallyOf(rule, side).unknown ??= { message, count: 1, event: undefined, text: undefined };
      },
    };
  }

  #broken(tally: Tally, event: PacketEvent, remark: Remark): void {
    const { rule, side } = tally;
    if (rule.about === 'conduct' && this.#connection.parties[other(side)].departures > 0) {
      tally.unknown ??= {
        ...this.#observe(event, remark),
        message: `${remark.message}; but the peer had departed from the RFC before`,
      };
      return;
    }
    this.#connection.parties[side].departures++;
    if (tally.broken === undefined) tally.broken = this.#observe(event, remark);
    else tally.broken.count++;
  }

  #observe(event: PacketEvent, remark: Remark): Observation {
    return {
      ...remark,
      count: 1,
      event: { index: event.index, at: event.at, subflow: event.flow.number },
      text: describeSent(event),
    };
  }

  /** The findings, worst first; `judged` selects the hosts whose findings count. */
  findings(judged: (side: Side) => boolean): Finding[] {
    const found: Finding[] = [];
    const counts = [judged(0), judged(1)] as const;
    for (const tallies of this.#tallies) {
      for (const pair of tallies) {
        if (pair === undefined) continue;
        this.#withholdIfDoubtful(pair[0]);
        this.#withholdIfDoubtful(pair[1]);
        if (counts[0]) this.#addFindings(pair[0], found);
        if (counts[1]) this.#addFindings(pair[1], found);
      }
    }
    return found;
  }

  /** A breach that needs packets of two connections may be an artefact of the capture. */
  #withholdIfDoubtful(tally: Tally): void {
    const { doubt } = this.#connection;
    if (doubt === undefined || tally.broken === undefined) return;
    const why = this.#connection.complete
      ? 'the capture is not complete'
      : 'packets of another connection may be among those of this one';
    const message = `${tally.broken.message}; but ${doubt}: ${why}`;
    tally.unknown = { ...tally.broken, message };
    tally.broken = undefined;
  }

  #addFindings(tally: Tally, found: Finding[]): void {
    if (tally.broken !== undefined) found.push(...this.#byVerdict(tally, tally.broken));
    for (const one of tally.info) found.push(this.#finding(tally, 'info', tally.rule.clauses, one));
    if (tally.broken !== undefined) return;
    // Reports doubtful breaches. Unseen packets are not reported where other packets passed.
    if (tally.unknown !== undefined && (tally.passes === 0 || tally.unknown.event !== undefined)) {
      found.push(this.#finding(tally, 'inconclusive', tally.rule.clauses, tally.unknown));
    } else if (tally.passes > 0) {
      const message = `held ${tally.passes} ${tally.passes === 1 ? 'time' : 'times'}`;
      found.push(
        this.#finding(tally, 'pass', tally.rule.clauses, {
          message,
          count: tally.passes,
          event: undefined,
          text: undefined,
        }),
      );
    }
  }

  /** One observation may break clauses of different levels. */
  #byVerdict(tally: Tally, observation: Observation): Finding[] {
    const groups = new Map<JudgedVerdict, string[]>();
    for (const clause of observation.blames ?? tally.rule.blames ?? tally.rule.clauses) {
      const verdict = verdictOf(this.#settings.levelOf(clause), false);
      groups.set(verdict, [...(groups.get(verdict) ?? []), clause]);
    }
    return [...groups].map(([verdict, clauses]) => this.#finding(tally, verdict, clauses, observation));
  }

  #finding(tally: Tally, verdict: JudgedVerdict, clauses: readonly string[], one: Observation): Finding {
    const { event } = one;
    return {
      clause: clauses[0] ?? '',
      also: clauses.slice(1),
      rule: tally.rule.name,
      monitor: tally.monitor,
      verdict,
      host: tally.side === 0 ? 'initiator' : 'responder',
      connection: this.#connection.number,
      ...(event === undefined ? undefined : { subflow: event.subflow, packet: event.index, at: event.at }),
      message: one.message,
      ...(one.expected === undefined ? undefined : { expected: one.expected }),
      ...(one.actual === undefined ? undefined : { actual: one.actual }),
      ...(one.field === undefined ? undefined : { field: one.field }),
      ...(one.text === undefined ? undefined : { text: one.text }),
      count: one.count,
    };
  }
}
