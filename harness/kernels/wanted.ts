/** The kernel that `--sut kernel:` names: a version, of a given or this machine's architecture, or a path. */
import { ARCHITECTURES, ARCHITECTURE_NAMES, findArchitecture, hostArchitecture } from '../sut/architecture.ts';
import type { Architecture } from '../sut/architecture.ts';
import { isPath } from './local.ts';
import { KernelError } from './types.ts';

/** A kernel as people name it. */
export type WantedKernel =
  | { kind: 'file'; path: string }
  /** `name`: a series, version, release or package of Debian's. */
  | { kind: 'package'; name: string; architecture: Architecture };

const VERSION = /^(?:\d+\.\d+|linux-image-)/;

/**
 * Reads `6.12`, `6.12/s390x`, `./bzImage`, `~/linux`.
 *
 * @throws KernelError for an architecture that there is not, with those that there are
 */
export function parseWanted(text: string): WantedKernel {
  if (isPath(text) || (text.includes('/') && !VERSION.test(text))) return { kind: 'file', path: text };
  const [name = '', word, ...rest] = text.split('/');
  if (word === undefined) return { kind: 'package', name, architecture: hostArchitecture() ?? ARCHITECTURES.x86_64 };
  const architecture = rest.length > 0 ? undefined : findArchitecture(word);
  if (architecture !== undefined) return { kind: 'package', name, architecture };
  const known = ARCHITECTURE_NAMES.map((one) => ARCHITECTURES[one].debian);
  throw new KernelError(`kernel:${text}: ${word} is not an architecture; valid: ${known.join(', ')}`);
}
