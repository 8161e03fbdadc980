/**
 * The command that runs one scenario again; an id needs no quotes.
 *
 * @param stackArguments the words that name the stack, not quoted
 */
export function rerunCommand(id: string, stackArguments: readonly string[] = []): string {
  return ['npx mptcp-conformance run', id, ...stackArguments.map(quoted), '--ladder'].join(' ');
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
