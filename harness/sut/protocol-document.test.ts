/** The protocol's document and the agent's table of commands have to say the same. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REQUEST_LIMIT } from './agent-line.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

function sorted(keys: Iterable<string>): string[] {
  return [...keys].sort();
}

it('lists every command with its keys', () => {
  const inAgent = [...read('docker/agent/command.c').matchAll(/^ {4}\{"([a-z-]+)", \w+, "([^"]*)"\}/gm)].map(
    ([, name = '', keys = '']) => [name, sorted(keys.split(' ').filter((key) => key !== ''))],
  );
  const inDocument = [...read('docs/agent-protocol.md').matchAll(/^\| `([a-z-]+)` \| ([^|]*) ?\| [^|]*\|$/gm)].map(
    ([, name = '', keys = '']) => [name, sorted([...keys.matchAll(/`([a-z-]+)`/g)].map(([, key = '']) => key))],
  );
  expect(inAgent.length).toBeGreaterThan(40);
  expect(Object.fromEntries(inDocument)).toEqual(Object.fromEntries(inAgent));
});

it('states the limit of a line', () => {
  expect(read('docs/agent-protocol.md')).toContain(`at most ${REQUEST_LIMIT.toLocaleString('en')} octets`);
  expect(read('docker/agent/line.h')).toContain(`#define LINE_LIMIT ${REQUEST_LIMIT} `);
});
