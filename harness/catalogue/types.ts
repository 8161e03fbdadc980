/** The catalogue model: one entry for each requirement of RFC 8684. */
import type { Level } from '../verdict/level.ts';

/** BCP 14 keywords as the RFC uses them, and `implied` for a requirement stated without one. */
export type Keyword = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'RECOMMENDED' | 'implied';

/** Whom a clause binds. */
export type ClauseRole = 'initiator' | 'responder' | 'sender' | 'receiver' | 'path-manager';

/**
 * How a clause is judged: by a scenario, by a monitor over captured packets, through the agent (socket API or
 * counters), or not at all.
 */
export type JudgedBy = 'active' | 'passive' | 'agent' | 'unobservable';

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
  /** What would be seen on the wire, or by the application, if it were broken. */
  broken: string;
  judged: JudgedBy[];
  /** Why nobody outside can tell; only with `judged: [unobservable]`. */
  reason?: string;
  /** MPTCP option or mechanism: `MP_CAPABLE`, `DSS`, `fallback`. */
  concerns: string[];
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
    case 'implied':
      return 'implied';
  }
}
