/** A capture file cannot be written or read. The message says which file, what happened and what to do. */
import { ExplainedError } from '../document/explained-error.ts';
/** A capture file that cannot be read. */
export class CaptureError extends ExplainedError {
  override readonly name = 'CaptureError';
  /** The capture file. */
  readonly path: string;
  /** Remedy, one line. */
  readonly remedy: string;

  constructor(path: string, problem: string, remedy: string, cause?: unknown) {
    super(`capture ${path}: ${problem}; ${remedy}`, { cause });
    this.path = path;
    this.remedy = remedy;
  }
}
