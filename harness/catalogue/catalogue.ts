import { nearest } from '../document/diagnostic.ts';
import { anchorUrl, compareClauseIds } from './clause-id.ts';
import type { Clause } from './types.ts';

/** A section of the RFC that has clauses. */
export interface CatalogueSection {
  /** Section number: `3.1`, `B.2`. */
  section: string;
  /** Title of the section. */
  title: string;
  /** File that the section's clauses were read from. */
  file: string;
}

/** All clauses, in the order of the RFC. */
export class Catalogue {
  /** Every clause, in the order of the RFC. */
  readonly all: readonly Clause[];
  /** Every section that has clauses, in the order of the RFC. */
  readonly sections: readonly CatalogueSection[];
  readonly #byId: ReadonlyMap<string, Clause>;

  /** Takes clauses whose ids are unique, in any order; `loadCatalogue` checks that. */
  constructor(clauses: readonly Clause[], sections: readonly CatalogueSection[]) {
    this.all = clauses.toSorted((a, b) => compareClauseIds(a.id, b.id));
    this.sections = sections;
    this.#byId = new Map(clauses.map((clause) => [clause.id, clause]));
  }

  /** The clause of that id, or `undefined`. */
  get(id: string): Clause | undefined {
    return this.#byId.get(id);
  }

  /** Clauses of exactly that section (`3.3` does not include `3.3.1`), in order; empty for an unknown section. */
  bySection(section: string): Clause[] {
    return this.all.filter((clause) => clause.section === section);
  }

  /** The id of the catalogue that comes closest to a mistyped one, if any does. */
  nearestId(id: string): string | undefined {
    return nearest(id, this.#byId.keys());
  }

  /**
   * The address of the clause's paragraph in the RFC editor's HTML page.
   *
   * @throws {RangeError} when the text has not the form of a clause id.
   */
  anchorUrl(id: string): string {
    return anchorUrl(id);
  }
}
