/** Result of a check of this machine. */

/** One thing that the machine can do, or cannot. */
export interface Check {
  /** Stable name, for scripts. */
  id: string;
  /** The thing checked, in a few words. */
  title: string;
  works: boolean;
  /** `run` cannot do without it. */
  needed: boolean;
  /** The finding: a version, a number, a failure. */
  detail: string;
  /** Only if it does not work. */
  remedy?: string;
}

/** A check before it is made. */
export type Subject = Pick<Check, 'id' | 'title' | 'needed'>;

/** It works. */
export function works(subject: Subject, detail: string): Check {
  return { ...subject, works: true, detail };
}

/** It does not. */
export function lacks(subject: Subject, detail: string, remedy: string): Check {
  return { ...subject, works: false, detail, remedy };
}

/** The first line of what a failed program or call said. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n')[0] ?? '';
}
