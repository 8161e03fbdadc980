/** Errors that people can mend. */

/**
 * The base of every error whose message tells people what is wrong and how to mend it. The main program prints the
 * message alone; a stack trace would hide it. Any other error is a fault of the program, and is printed with its stack.
 */
export abstract class ExplainedError extends Error {}

/** The command line asks for something that cannot be done: exit code 2. */
export class UsageError extends ExplainedError {
  override readonly name = 'UsageError';
}
