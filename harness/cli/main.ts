/** Runs the program that `program.ts` describes. Importing this file runs it. */
import { tmpdir } from 'node:os';
import { CommanderError } from 'commander';
import { ExplainedError, UsageError } from '../document/explained-error.ts';
import { isWordKind, printWords } from './completion/completion-words.ts';
import { fewOpenFiles } from './machine/open-files.ts';

/** Runs the program; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  enterQuietly();
  process.stdout.on('error', lostReader);
  process.stderr.on('error', lostReader);
  try {
    const [command, kind] = argv;
    // A shell waits for these words: the command line of all commands takes longer to load than they do to print.
    if (command === 'complete' && isWordKind(kind) && argv.length === 2) {
      printWords(kind);
      return;
    }
    const obstacle = fewOpenFiles();
    if (obstacle !== undefined) throw new UsageError(obstacle);
    const { buildProgram } = await import('./program.ts');
    if (argv.length === 0) buildProgram(argv).help({ error: true });
    await buildProgram(argv).parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has said already what is wrong, and gives 1 for it; that would mean a broken MUST.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = 2;
    process.stderr.write(`mptcp-conformance: ${describe(error)}\n`);
  }
}

/** Ignores EPIPE (`| head`), so that the exit code stays correct. @throws any other error */
function lostReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Tells the launcher, if there is one, that the namespace exists; ends when the launcher ends. */
function enterQuietly(): void {
  if (process.send === undefined) return;
  process.send('entered');
  // The parent that started us inside a namespace has ended: nothing waits for the results.
  process.on('disconnect', () => process.exit(2));
  process.channel?.unref();
}

/** System errors for paths that the user named. */
const PATH_CODES: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ExplainedError) return error.message;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const file = path === undefined ? '' : ` (${path})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return `the disk is full (${code} in ${syscall ?? 'a write'})${file}; free some space, or choose another folder with --output and TMPDIR`;
  }
  if (code === 'EACCES' || code === 'EROFS') {
    if (path?.startsWith(`${tmpdir()}/`) === true)
      return `no permission to write temporary files${file}: ${error.message}; set TMPDIR to a folder that can be written`;
    return `no permission to write${file}: ${error.message}; choose another folder with --output`;
  }
  if (path !== undefined && PATH_CODES.has(code ?? '')) return `${error.message}; check the path`;
  return error.stack ?? error.message;
}

await main(process.argv.slice(2));
