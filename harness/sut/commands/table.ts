/**
 * The commands of the agent's protocol, one row each: read by the loader of suites, by the engine, by the page
 * docs/agent-protocol.md and by the C agent's own table, both of which are made from it (`npm run protocol`).
 */
import { AGENT_COMMANDS } from './agent.ts';
import { KERNEL_STATE_COMMANDS } from './kernel-state.ts';
import { NETWORK_COMMANDS } from './network.ts';
import { BYTES_COMMANDS } from './octets.ts';
import { PATH_MANAGER_COMMANDS } from './path-manager.ts';
import { SOCKETS_COMMANDS } from './sockets.ts';
import type { CommandRow } from './kinds.ts';

const ROWS = {
  ...AGENT_COMMANDS,
  ...SOCKETS_COMMANDS,
  ...BYTES_COMMANDS,
  ...NETWORK_COMMANDS,
  ...PATH_MANAGER_COMMANDS,
  ...KERNEL_STATE_COMMANDS,
};

/** Name of a command. */
export type AgentCommand = keyof typeof ROWS;

/** The commands by name, in the order of the page. */
export const COMMANDS: Readonly<Record<AgentCommand, CommandRow>> = ROWS;
