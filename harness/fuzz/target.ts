/** A target of fuzzing: a reader of input from outside, and the errors that it may throw. */

/** A reader of one kind of input. */
export interface FuzzTarget {
  /** Its name on the command line, and its folder in the corpus. */
  name: string;
  /** Good inputs to start from. @param root the installation's folder */
  seeds: (root: string) => Uint8Array[];
  /** Pieces of its language. */
  tokens: readonly string[];
  /**
   * Reads one input. An error other than {@link errors} is a finding; a broken promise about what it read
   * is thrown as {@link FuzzFinding}.
   */
  read: (input: Uint8Array) => void | Promise<void>;
  /** Classes of errors that tell the user what is wrong with the input. */
  errors: readonly (abstract new (...args: never[]) => Error)[];
}

/** The reader took the input, and what it made of it is wrong. */
export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';
}

/** An input that made a reader fail. */
export interface Failure {
  target: string;
  input: Uint8Array;
  error: unknown;
}

/** Reads one input; the failure, if it is one. */
export async function tryInput(target: FuzzTarget, input: Uint8Array): Promise<Failure | undefined> {
  try {
    await target.read(input);
    return undefined;
  } catch (error) {
    if (target.errors.some((known) => error instanceof known)) return undefined;
    return { target: target.name, input, error };
  }
}
