import { describe, expect, test } from 'vitest';
import { buildProgram } from './program.ts';

const WIDTH = 80;

describe.each(buildProgram([]).commands.map((command) => [command.name(), command] as const))(
  '%s --help',
  (_, command) => {
    command.configureOutput({ getOutHelpWidth: () => WIDTH });
    const help = command.helpInformation();

    test('no line of usage, description and options is wider than the terminal', () => {
      expect(help.split('\n').filter((line) => line.length > WIDTH)).toEqual([]);
    });

    test('the description is wrapped once: no line ends early within a paragraph', () => {
      const [, description = ''] = /^Usage:.*(?:\n .*)*\n\n([^]*?)\n\n(?:Arguments|Options):/.exec(help) ?? [];
      expect(description).not.toBe('');
      const ragged = description.split('\n').filter((line, index, lines) => {
        const [next = ''] = (lines[index + 1] ?? '').split(' ');
        return next !== '' && line !== '' && line.length + 1 + next.length <= WIDTH;
      });
      expect(ragged).toEqual([]);
    });
  },
);
