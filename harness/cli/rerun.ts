/** The command that runs one scenario again; an id needs no quotes. @param sutArguments the options that name the stack */
export function rerunCommand(id: string, sutArguments: readonly string[] = []): string {
  return ['npx mptcp-conformance run', id, ...sutArguments, '--ladder'].join(' ');
}
