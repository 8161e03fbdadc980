/** The command that runs one scenario again. @param sutArguments the options that name the stack */
export function rerunCommand(id: string, sutArguments: readonly string[] = []): string {
  return ['npx mptcp-conformance run', `'${id}'`, ...sutArguments, '--ladder'].join(' ');
}
