/** Builds the agent from its C sources when they are newer than the program. */
import { ExplainedError } from '../document/explained-error.ts';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostArchitecture, type Architecture } from './architecture.ts';

const run = promisify(execFile);

/** The agent could not be built: a fault of the machine's set-up or of the sources. */
export class AgentBuildError extends ExplainedError {
  override readonly name = 'AgentBuildError';
}

/** Builds under way in this process, by program. */
const underWay = new Map<string, Promise<string>>();

/** Modification time in milliseconds; undefined when there is no such file. */
async function modified(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException & { stderr?: string } {
  return error instanceof Error && 'code' in error;
}

async function newestSource(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => /\.(?:[ch]|def)$|^Makefile$/.test(name));
  if (!names.includes('Makefile')) {
    throw new AgentBuildError(`${folder}: no Makefile; the agent's sources are missing from this installation`);
  }
  const times = await Promise.all(names.map((name) => modified(join(folder, name))));
  return Math.max(...times.map((time) => time ?? 0));
}

/** The tool that is not installed, when that is why the build failed. */
function missingTool(error: unknown, stderr: string): string | undefined {
  if (isNodeError(error) && error.code === 'ENOENT') return 'make';
  return /\bcc: (?:No such file|not found|command not found)/.test(stderr) ? 'cc' : undefined;
}

function explain(folder: string, error: unknown, cross: Architecture | undefined): AgentBuildError {
  const stderr = isNodeError(error) ? (error.stderr ?? '').trim().split('\n').slice(-10).join('\n') : '';
  const missing = missingTool(error, stderr);
  const remedy =
    missing === undefined
      ? 'make and the compiler are installed; their output follows'
      : `${missing} is missing: apt-get install ${cross === undefined ? 'build-essential' : ['make', ...cross.compiler.packages].join(' ')} (or your distribution's equivalent)`;
  const words = stderr === '' ? '' : `\n${stderr}`;
  return new AgentBuildError(`the agent in ${folder} could not be built; ${remedy}${words}`);
}

/** Builds under a name of its own and renames, so that builds at the same time do no harm to each other. */
async function build(folder: string, program: string, began: Date, cross: Architecture | undefined): Promise<void> {
  const unfinished = join('build', `mptcp-agent.${process.pid}.${randomBytes(4).toString('hex')}`);
  await mkdir(join(folder, 'build'), { recursive: true });
  try {
    const compiler = cross === undefined ? [] : [`CC=${await crossCompiler(cross)}`];
    await run('make', ['-s', '-C', folder, `OUT=${unfinished}`, ...compiler]);
    // Sources that change while they are compiled are newer than the program.
    await utimes(join(folder, unfinished), began, began);
    await rename(join(folder, unfinished), program);
  } catch (error) {
    await rm(join(folder, unfinished), { force: true });
    throw error instanceof AgentBuildError ? error : explain(folder, error, cross);
  }
}

/** Debian's cross compiler, or zig, which brings a libc for every target. @throws AgentBuildError when neither is there */
async function crossCompiler({ name, compiler }: Architecture): Promise<string> {
  const candidates: readonly (readonly [program: string, cc: string])[] = [
    [`${compiler.prefix}gcc`, `${compiler.prefix}gcc`],
    ['zig', `zig cc -target ${compiler.zig}`],
  ];
  for (const [program, cc] of candidates) {
    const found = await run(program, [program === 'zig' ? 'version' : '--version']).then(
      () => true,
      () => false,
    );
    if (found) return cc;
  }
  throw new AgentBuildError(
    `no compiler for ${name}: apt-get install ${compiler.packages.join(' ')} (or install zig on the PATH)`,
  );
}

async function ensure(root: string, cross: Architecture | undefined): Promise<string> {
  const folder = join(root, 'docker', 'agent');
  const program = join(folder, ...(cross === undefined ? ['mptcp-agent'] : ['build', `mptcp-agent.${cross.name}`]));
  const began = new Date();
  const [source, built] = await Promise.all([newestSource(folder), modified(program)]);
  if (built === undefined || built < source) await build(folder, program, began, cross);
  return program;
}

/**
 * Path of the agent's program, built first when it is missing or older than its sources. May be called from several
 * processes at once.
 *
 * @param root the project's folder
 * @param architecture for which machine; this one by default
 * @throws AgentBuildError with the remedy when make or the compiler is missing or fails
 */
export function ensureAgent(root: string, architecture = hostArchitecture()): Promise<string> {
  const cross = architecture === undefined || architecture === hostArchitecture() ? undefined : architecture;
  const key = `${root} ${cross?.name ?? ''}`;
  const known = underWay.get(key);
  if (known !== undefined) return known;
  const made = ensure(root, cross).finally(() => underWay.delete(key));
  underWay.set(key, made);
  return made;
}
