/** The catalogue model: one entry for each requirement of RFC 8684. */
import type { Level } from '../verdict/level.ts';

/** BCP 14 keywords as the RFC uses them, in capitals only (section 1.5), and two words for what has none: see {@link Level}. */
export type Keyword = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'RECOMMENDED' | 'stated' | 'advice';

/** Whom a clause binds. */
type ClauseRole = 'initiator' | 'responder' | 'sender' | 'receiver' | 'path-manager';

/**
 * How a clause is judged: by a scenario, by a monitor over captured packets, through the agent (socket API or
 * counters), or not at all.
 */
type JudgedBy = 'active' | 'passive' | 'agent' | 'unobservable';

/** One requirement. */
export interface Clause {
  /** Paragraph anchor of the RFC editor's HTML and the sentence: `3.1-20.8.s4`; `.s3.2` where a sentence holds several. */
  id: string;
  /** RFC section the clause stands in: `3.1`, `3.3.1`, `B.2`. */
  section: string;
  keyword: Keyword;
  /** The requirement in our own words, complete enough to be read instead of the RFC. */
  summary: string;
  roles: ClauseRole[];
  /** The effect of breaking it, on the wire or for the application. */
  broken: string;
  judged: JudgedBy[];
  /** Why it cannot be observed; only with `judged: [unobservable]`. */
  reason?: string;
  /** Only with `stated`: what two stacks would lose without it. */
  why?: string;
  /** Id of the clause that says the same elsewhere with a keyword; this one then weighs as much, and has that keyword. */
  repeats?: string;
  /** MPTCP option or mechanism: `MP_CAPABLE`, `DSS`, `fallback`. */
  concerns: string[];
  /** Fields whose value it lays down, as packet lines name them: `dss.csum`. A wrong one in a preamble breaks the clause. */
  fields?: string[];
  /** Ids of related clauses. */
  related: string[];
}

/** The level of a keyword. */
export function levelOf(keyword: Keyword): Level {
  switch (keyword) {
    case 'MUST':
    case 'MUST NOT':
      return 'must';
    case 'SHOULD':
    case 'SHOULD NOT':
    case 'RECOMMENDED':
      return 'should';
    case 'MAY':
      return 'may';
    case 'stated':
    case 'advice':
      return keyword;
  }
}
