/** The schema and the manual have the verbs of the table; `npx vitest run -u` of this file writes them anew. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { projectFile } from '../document/project-file.ts';
import { STEP_VERBS, verbOf } from './step-verbs.ts';
import type { StepKind } from './suite.ts';

const VERBS = Object.keys(STEP_VERBS) as StepKind[];
const COMPANIONS = new Set<string>(VERBS.flatMap((verb) => verbOf(verb).companions));

/** JSON on one line, with blanks as people write it. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `"${key}": ${spaced(one)}`)
    .join(', ')} }`;
}

describe('every verb of a step', () => {
  test('is in the schema of suites, and no other', async () => {
    const path = projectFile('suites/schema/suite.schema.json');
    const text = readFileSync(path, 'utf8');
    const block = /(?<="step": \{[^{]*"properties": \{\n)[\s\S]*?(?=\n {6}\})/.exec(text)?.[0] ?? '';
    const properties = JSON.parse(`{${block}}`) as Record<string, unknown>;
    const others = Object.entries(properties).filter(([key]) => !Object.hasOwn(STEP_VERBS, key));
    for (const [key] of others) expect([...COMPANIONS, 'use', 'with', 'clause']).toContain(key);
    const all = [...VERBS.map((verb) => [verb, verbOf(verb).schema] as const), ...others];
    const written = all.map(([key, schema]) => `        "${key}": ${spaced(schema)}`).join(',\n');
    await expect(text.replace(block, () => written)).toMatchFileSnapshot(path);
  });

  test('is in the manual, and no other', async () => {
    const path = projectFile('docs/writing-scenarios.md');
    const text = readFileSync(path, 'utf8');
    const block = /(?<=\n\| step \| effect \|\n\| --- \| --- \|\n)[\s\S]*?(?=\n\n)/.exec(text)?.[0] ?? '';
    const use = block.split('\n').filter((row) => row.startsWith('| `use:'));
    const rows = VERBS.map((verb) => `| ${verbOf(verb).manual.join(' | ')} |`);
    await expect(text.replace(block, () => [...rows, ...use].join('\n'))).toMatchFileSnapshot(path);
  });

  test('has a verb of its own and companions that the schema knows', () => {
    for (const verb of VERBS) expect(verbOf(verb).manual[0]).toMatch(`\`${verb}:`);
  });
});
