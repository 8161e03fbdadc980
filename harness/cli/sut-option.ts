/** The `--sut` option: which stack is judged. Pure. */
import { suggestion } from '../document/diagnostic.ts';
import { UsageError } from './usage-error.ts';

/** What `--sut` says. */
export interface SutChoice {
  kind: 'netns';
}

/** How `--sut` is written, for help and messages. */
export const SUT_FORMS = 'netns';

/** Forms that are known and cannot be served. */
const NOT_YET = ['docker', 'kernel', 'remote'];

/**
 * Reads what `--sut` says.
 *
 * @throws UsageError with the forms that there are
 */
export function parseSut(spec: string): SutChoice {
  if (spec === 'netns') return { kind: 'netns' };
  const [form = ''] = spec.split(':');
  if (NOT_YET.includes(form)) throw new UsageError(`--sut ${spec}: this version cannot judge such a stack; it has: ${SUT_FORMS}`);
  throw new UsageError(`--sut ${spec}: no such kind of stack${suggestion(form, ['netns'])}; there is: ${SUT_FORMS}`);
}
