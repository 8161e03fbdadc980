/** `agent-check`: what of the protocol an agent has. */
import { clean, coloursOf, styleFor, wrap } from '../../report/text-layout.ts';
import { checkAgentProtocol, type AgentPoint } from '../../sut/check-agent.ts';
import { spawnAgent } from '../../sut/spawn-agent.ts';

const SIGN: Readonly<Record<AgentPoint['state'], string>> = { works: '✔', optional: '-', missing: '✘', wrong: '✘' };

/** Runs the command and returns its exit code. @throws AgentLost when there is no agent to talk with */
export async function agentCheck(command: readonly string[]): Promise<0 | 1> {
  const agent = await spawnAgent({ command, name: command.join(' ') });
  try {
    const points = await checkAgentProtocol(agent);
    process.stdout.write(pointsText(points));
    return points.some(isBad) ? 1 : 0;
  } finally {
    await agent.close();
  }
}

function isBad({ state }: AgentPoint): boolean {
  return state === 'missing' || state === 'wrong';
}

function pointsText(points: readonly AgentPoint[]): string {
  const style = styleFor(process.stdout);
  const colours = coloursOf(style);
  const paint = { works: colours.green, optional: colours.yellow, missing: colours.red, wrong: colours.red };
  const lines = points.flatMap(({ what, state, detail }) => [
    `${paint[state](SIGN[state])} ${what}`,
    ...wrap(clean(detail), style.width - 4).map((line) => `    ${colours.dim(line)}`),
  ]);
  const bad = points.filter(isBad).length;
  const closing =
    bad === 0
      ? 'The agent can be used. Scenarios that need what it does not have are skipped.'
      : `${bad} ${bad === 1 ? 'point is' : 'points are'} wrong or missing: see ✘, and docs/agent-protocol.md.`;
  return `${[...lines, '', closing].join('\n')}\n`;
}
