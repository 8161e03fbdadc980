import { Option, type Command } from 'commander';
import type { StackDetails } from '../../topology/contract.ts';
import { stackDetails, withStackOptions } from '../inputs/arguments.ts';
import type { ShellOptions } from './shell.ts';

/** `shell`: runs a scenario and gives a shell in the stack's host. */
export function addShell(program: Command): void {
  const command = program
    .command('shell')
    .summary('run one scenario and open a shell in its guest or network namespace')
    .description(
      `Runs one scenario and keeps its guest or network namespace when the last step is over, or a step failed. Sockets,
addresses and endpoints of the stack are as the scenario left them; the tester sends nothing more, and the capture goes on.

In a terminal, a shell starts there: this machine's in a network namespace, busybox in a guest. Without a terminal, the command
prints how to enter and waits for SIGINT or SIGTERM. Everything is removed when it ends.`,
    )
    .argument('[id]', 'the scenario')
    .option('--sut <stack>', 'the stack: netns, docker, or kernel:...', 'netns');
  withStackOptions(command)
    .option('--trace <event...>', 'tracepoints to record, as in ftrace: mptcp:*')
    .option('--dyndbg <query...>', "dynamic debug of a guest's kernel: 'file net/mptcp/* +p'")
    .option('--command <command>', 'run this instead of an interactive shell')
    .addOption(new Option('--enter <socket>', 'join the terminal of a guest that another "shell" keeps; Ctrl-] leaves'))
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance shell 3.3.1/receive/mapping#ipv4                    then: ss -Mani; ip mptcp endpoint
  mptcp-conformance shell ID --sut kernel:6.12                          then: dmesg; cat /proc/net/netstat
  mptcp-conformance shell ID --sut kernel:. --command 'dmesg | tail -50'

Exit codes: 0 the scenario came to its end, 1 a step stopped it, 2 failed.`,
    )
    .action(async (id: string | undefined, options: Omit<ShellOptions, 'stack'> & StackDetails) => {
      const { shell } = await import('./shell.ts');
      process.exitCode = await shell(id, { ...options, stack: stackDetails(options) });
    });
}
