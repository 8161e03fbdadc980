/** Kernels that a guest can be started with. */
import { ExplainedError } from '../document/explained-error.ts';
import type { ArchitectureName } from '../sut/architecture.ts';

/** A kernel on this machine's disk, ready to be started. */
export interface KernelBuild {
  /** `uname -r`. */
  release: string;
  /** `uname -v`, where the image says it. */
  build?: string;
  architecture: ArchitectureName;
  /** Path of the image. */
  image: string;
  /** Folder of its modules, what `/lib/modules/<release>` would be; absent when everything needed is built in. */
  modules?: string;
  /** Its configuration, where it is known. */
  config?: string;
  /** Commit of the source tree, where it was built from git. */
  commit?: string;
  /** Version of the package that it came in. */
  version?: string;
  /** Origin, for people: a package with version, or a path. */
  origin: string;
}

/** A kernel cannot be found, fetched or used; the message has the remedy. */
export class KernelError extends ExplainedError {
  override readonly name = 'KernelError';
}
