import type { Command } from 'commander';

/** `agent-check`: for authors of agents. */
export function addAgentCheck(program: Command): void {
  program
    .command('agent-check')
    .summary('talk the agent protocol with an agent, and say what works and what is missing')
    .description(
      `Starts an agent, talks the protocol of docs/agent-protocol.md with it and says point by point what works. The agent's
sockets talk to each other over its own loopback addresses; nothing else of its machine is changed.`,
    )
    .argument('<command...>', 'what starts the agent: a program and its arguments; ssh or docker may stand in front')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Signs: ✔ works, - missing, scenarios that need it are skipped, ✘ wrong or missing and needed.

Examples:
  mptcp-conformance agent-check python3 docs/examples/minimal-agent.py
  mptcp-conformance agent-check ssh -T root@box mptcp-agent

Exit codes: 0 the agent can be used, 1 something is wrong, 2 it cannot be started or does not greet.`,
    )
    .action(async (command: string[]) => {
      const { agentCheck } = await import('./agent-check.ts');
      process.exitCode = await agentCheck(command);
    });
}
