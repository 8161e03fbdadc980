/** The `--sut` option: which stack is judged. Pure. */
import { suggestion } from '../document/diagnostic.ts';
import { UsageError } from './usage-error.ts';

/** What `--sut` and the options that go with it say. */
export type SutChoice =
  | { kind: 'netns' }
  /** Without an image, our own is built. */
  | { kind: 'docker'; image?: string };

/** How `--sut` is written, for help and messages. */
export const SUT_FORMS = 'netns, docker';

/** Options that say more about the stack. */
export interface SutDetails {
  /** `--image`: a container image that holds an agent. */
  image?: string;
}

/** Forms that are known and cannot be served. */
const NOT_YET = ['kernel', 'remote'];

/**
 * Reads what `--sut` says.
 *
 * @throws UsageError with the forms that there are, or with what does not go with this one
 */
export function parseSut(spec: string, { image }: SutDetails = {}): SutChoice {
  if (image !== undefined && spec !== 'docker') throw new UsageError(`--image goes with --sut docker, not with --sut ${spec}`);
  if (image === '') throw new UsageError('--image is empty; leave it out for the agent that comes with this program');
  if (spec === 'netns') return { kind: 'netns' };
  if (spec === 'docker') return image === undefined ? { kind: 'docker' } : { kind: 'docker', image };
  const [form = ''] = spec.split(':');
  if (NOT_YET.includes(form)) throw new UsageError(`--sut ${spec}: this version cannot judge such a stack; it has: ${SUT_FORMS}`);
  throw new UsageError(`--sut ${spec}: no such kind of stack${suggestion(form, ['netns', 'docker'])}; there is: ${SUT_FORMS}`);
}

/** The options that name a stack again, for a command line; empty for the usual one. */
export function sutArguments(choice: SutChoice): string[] {
  if (choice.kind === 'netns') return [];
  return ['--sut', choice.kind, ...(choice.image === undefined ? [] : ['--image', choice.image])];
}
