/** The schemas and the manual list the options of the registry; `npx vitest run -u` of this file writes them anew. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { projectFile } from '../document/project-file.ts';
import type { OptionField } from '../packet/options/field.ts';
import { definitionOf, MPTCP_OPTIONS, OPTIONS, type OptionKind, type TcpOption } from '../packet/options/registry.ts';

const KINDS = Object.keys(OPTIONS) as OptionKind[];

/** Options that a middlebox may be told to take away: those with a subtype that is not for experiments. */
const ASSIGNED = Object.values(MPTCP_OPTIONS)
  .filter((one) => one.subtype !== undefined && one.subtype !== 15)
  .map((one) => one.kind);

/** Holds a file against itself with the part that `block` finds in it replaced. */
async function expectWritten(file: string, block: RegExp, written: string): Promise<void> {
  const path = projectFile(file);
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(block);
  await expect(text.replace(block, () => written)).toMatchFileSnapshot(path);
}

test.each(['suites/schema/middlebox.schema.json', 'suites/schema/multipath.schema.json'])('%s', (file) =>
  expectWritten(
    file,
    /(?<="option": \{\s*"enum": \[\n)[^\]]*(?=\n {6}\])/,
    ASSIGNED.map((kind) => `        "${kind}"`).join(',\n'),
  ),
);

function fieldText(name: string, { letter, note }: OptionField<TcpOption>): string {
  const remarks = [
    ...(letter === undefined || letter === name ? [] : [`${letter} of the RFC`]),
    ...(note === undefined ? [] : [note]),
  ];
  return `\`${name}\`${remarks.length === 0 ? '' : ` (${remarks.join('; ')})`}`;
}

test('the manual', () => {
  const rows = KINDS.map((kind) => {
    const { fields, main } = definitionOf(kind);
    const texts = Object.entries(fields).map(([name, field]) => fieldText(name, field));
    const short = main === undefined ? '' : `; \`${kind}=...\` sets \`${main}\``;
    return `| \`${kind}\` | ${[...texts, '`len`'].join(', ')}${short} |`;
  });
  return expectWritten(
    'docs/writing-scenarios.md',
    /(?<=\n\| option \| fields \|\n\| --- \| --- \|\n)[\s\S]*?(?=\n\n)/,
    rows.join('\n'),
  );
});
