/** The command that runs one scenario again. */
export function rerunCommand(id: string): string {
  return `npx mptcp-conformance run '${id}' --ladder`;
}
