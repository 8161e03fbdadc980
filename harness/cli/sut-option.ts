/** The `--sut` option: which stack is judged. Pure. */
import { suggestion } from '../document/diagnostic.ts';
import { UsageError } from '../document/explained-error.ts';

/** What `--sut` and the options that go with it say. */
export type SutChoice =
  | { kind: 'netns' }
  /** Without an image, our own is built. */
  | { kind: 'docker'; image?: string }
  /** A series, version, release or package of Debian's, or the path of a bzImage. */
  | { kind: 'kernel'; wanted: string; modules?: string; append?: string; mirror?: string }
  /** Path of a lab file. */
  | { kind: 'remote'; file: string };

/** How `--sut` is written, for help and messages. */
export const SUT_FORMS = 'netns, docker, kernel:6.12, kernel:./bzImage, remote:lab.yaml';

/** Options that say more about the stack. */
export interface SutDetails {
  /** `--image`: a container image that holds an agent. */
  image?: string;
  /** `--modules`: the modules of a kernel of the user's own. */
  modules?: string;
  /** `--append`: words for the command line of a guest's kernel. */
  append?: string;
  /** `--mirror`: where kernel packages come from. */
  mirror?: string;
}

/**
 * Reads what `--sut` says.
 *
 * @throws UsageError with the forms that there are, or with what does not go with this one
 */
export function parseSut(spec: string, details: SutDetails = {}): SutChoice {
  const { image } = details;
  if (image !== undefined && spec !== 'docker')
    throw new UsageError(`--image goes with --sut docker, not with --sut ${spec}`);
  if (image === '') throw new UsageError('--image is empty; leave it out for the agent that comes with this program');
  requireKernelFor(spec, details);
  if (spec === 'netns') return { kind: 'netns' };
  if (spec === 'docker') return image === undefined ? { kind: 'docker' } : { kind: 'docker', image };
  const [form = ''] = spec.split(':');
  if (form === 'kernel') return parseKernel(spec, details);
  if (form === 'remote') {
    const file = spec.slice('remote:'.length);
    if (file === '') throw new UsageError('--sut remote: names no file; write remote:lab.yaml');
    return { kind: 'remote', file };
  }
  throw new UsageError(
    `--sut ${spec}: no such kind of stack${suggestion(form, ['netns', 'docker', 'kernel', 'remote'])}; there is: ${SUT_FORMS}`,
  );
}

function requireKernelFor(spec: string, details: SutDetails): void {
  if (spec.startsWith('kernel:')) return;
  for (const name of ['modules', 'append', 'mirror'] as const) {
    if (details[name] !== undefined)
      throw new UsageError(`--${name} goes with --sut kernel:..., not with --sut ${spec}`);
  }
}

function parseKernel(spec: string, { modules, append, mirror }: SutDetails): SutChoice {
  const wanted = spec.slice('kernel:'.length);
  if (wanted === '')
    throw new UsageError('--sut kernel: names no kernel; write kernel:6.12, kernel:6.12.117 or kernel:./bzImage');
  return {
    kind: 'kernel',
    wanted,
    ...(modules === undefined ? {} : { modules }),
    ...(append === undefined ? {} : { append }),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

/** The options that name a stack again, for a command line; empty for the usual one. */
export function sutArguments(choice: SutChoice): string[] {
  if (choice.kind === 'netns') return [];
  if (choice.kind === 'remote') return ['--sut', `remote:${choice.file}`];
  if (choice.kind === 'kernel') {
    const more = (['modules', 'append'] as const).flatMap((name) =>
      choice[name] === undefined ? [] : [`--${name}`, `'${choice[name]}'`],
    );
    return ['--sut', `kernel:${choice.wanted}`, ...more];
  }
  return ['--sut', choice.kind, ...(choice.image === undefined ? [] : ['--image', choice.image])];
}
