/** `completion`: scripts for shells, made from the program itself. */
import type { Command } from 'commander';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completedCommands } from './model.ts';
import { zshCompletion } from './zsh.ts';

/** The completion script for a shell. Pure. */
export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  const commands = completedCommands(program);
  if (shell === 'bash') return bashCompletion(commands);
  return shell === 'zsh' ? zshCompletion(commands) : fishCompletion(commands);
}
