/**
 * The protocol's page and the C agent's table are made from the table of commands. `npm run protocol` writes both anew;
 * without it these tests see that they are what the table says.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PROTOCOL, REQUEST_LIMIT } from './agent-line.ts';
import type { CommandGroup, CommandRow } from './commands/kinds.ts';
import { COMMANDS } from './commands/table.ts';

const PAGE = 'docs/agent-protocol.md';
const TABLE = 'docker/agent/commands.def';

function at(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

function read(path: string): string {
  return readFileSync(at(path), 'utf8');
}

function keysOf({ args }: CommandRow): string {
  return Object.entries(args)
    .map(([key, { needed }]) => (needed === true ? `\`${key}\`` : `[\`${key}\`]`))
    .join(' ');
}

function rowsOf(group: CommandGroup): string {
  const rows = Object.entries(COMMANDS).filter(([, row]) => row.group === group);
  return [
    '| command | keys | does and answers |',
    '| --- | --- | --- |',
    ...rows.map(([name, row]) =>
      `| \`${name}\` | ${[keysOf(row), row.does].join(' | ').trim()} |`.replaceAll('  ', ' '),
    ),
  ].join('\n');
}

/** The page with its tables made anew. */
function pageAnew(): string {
  return read(PAGE).replace(
    /(<!-- commands: ([a-z-]+) -->\n)[^]*?(?=\n<!-- end -->)/g,
    (_, begin: string, group: string) => `${begin}\n${rowsOf(group as CommandGroup)}\n`,
  );
}

function tableAnew(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { args }]) => `COMMAND("${name}", command_${name.replaceAll('-', '_')}, "${Object.keys(args).join(' ')}")`,
  );
  return `/* Made from harness/sut/commands by "npm run protocol": name, function, keys. */\n${rows.join('\n')}\n`;
}

describe('the table of commands', () => {
  test('is what the page shows', async () => {
    await expect(pageAnew()).toMatchFileSnapshot(at(PAGE));
  });

  test('is what the C agent serves', async () => {
    await expect(tableAnew()).toMatchFileSnapshot(at(TABLE));
  });

  test('is on the page whole', () => {
    for (const name of Object.keys(COMMANDS)) expect(read(PAGE)).toContain(`\n| \`${name}\` |`);
  });

  test('needs only features that the page explains', () => {
    for (const { feature } of Object.values(COMMANDS))
      if (feature !== undefined) expect(read(PAGE)).toContain(`| \`${feature}\` |`);
  });
});

test('states the version and the limit of a line', () => {
  expect(read(PAGE)).toContain(`\`protocol\` must be ${PROTOCOL}.`);
  expect(read(PAGE)).toContain(`at most ${REQUEST_LIMIT.toLocaleString('en')} bytes`);
  expect(read('docker/agent/line.h')).toContain(`#define LINE_LIMIT ${REQUEST_LIMIT} `);
});
