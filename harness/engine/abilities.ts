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
  const missing = abilitiesOf(scenario).find(({ feature }) => !features.has(feature));
  if (missing === undefined) return undefined;
  return `the agent does not name the feature ${missing.feature}, which ${missing.what} needs`;
}

/** The agent features that a scenario requires, each with what requires it, in the order of the steps. */
export function abilitiesOf(scenario: Scenario): { feature: string; what: string }[] {
  const ofSteps = allSteps([...scenario.preamble, ...scenario.body]).flatMap((step) =>
    step.kind === 'sut' ? featuresOf(step).map((feature) => ({ feature, what: `"${step.text}"` })) : [],
  );
  return scenario.family === 'ipv6' ? [{ feature: 'ipv6', what: 'a scenario of IPv6' }, ...ofSteps] : ofSteps;
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
