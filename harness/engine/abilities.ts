/** The agent features that a scenario requires, in the words of the greeting (docs/agent-protocol.md). Pure. */
import type { SutStep } from '../scenario/action-steps.ts';
import { allSteps, type Scenario } from '../scenario/suite.ts';
import { COMMANDS, type AgentCommand } from '../sut/commands/table.ts';

/** The agent does not have an operation that a step needs: the scenario is skipped. */
export class AbilityMissing extends Error {
  override readonly name = 'AbilityMissing';
}

/** Steps that the engine makes of a command of another name. */
const COMPOSED: Readonly<Record<string, AgentCommand>> = { counter: 'counters' };

/** Steps that open a socket. */
const OPENING: readonly string[] = ['socket', 'listen', 'connect'];

/**
 * Why a scenario cannot be run with this agent: the first step that needs a feature which the agent does not name.
 * Undefined when there is none.
 */
export function missingAbility(scenario: Scenario, features: ReadonlySet<string>): string | undefined {
  if (scenario.family === 'ipv6' && !features.has('ipv6')) return missing('ipv6', 'a scenario of IPv6');
  for (const step of allSteps([...scenario.preamble, ...scenario.body])) {
    if (step.kind !== 'sut') continue;
    const feature = featuresOf(step).find((one) => !features.has(one));
    if (feature !== undefined) return missing(feature, `"${step.text}"`);
  }
  return undefined;
}

function missing(feature: string, what: string): string {
  return `the agent does not name the feature ${feature}, which ${what} needs`;
}

function featuresOf({ line }: SutStep): string[] {
  const command = COMPOSED[line.command] ?? line.command;
  const feature = command in COMMANDS ? COMMANDS[command as AgentCommand].feature : undefined;
  if (feature !== undefined) return [feature];
  if (!OPENING.includes(line.command)) return [];
  const proto = line.args.find(({ name }) => name === 'proto')?.matcher;
  // A protocol that is computed is known only when the step runs.
  const word = proto?.type === 'equal' && proto.expr.type === 'word' ? proto.expr.value : 'mptcp';
  return [word === 'tcp' ? 'tcp' : 'mptcp'];
}
