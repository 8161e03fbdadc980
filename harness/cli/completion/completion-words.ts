/**
 * The ids that shells complete, read off the files without checking them: a shell waits for this, and the whole
 * loading takes too long for that.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sectionsBeside } from '../../catalogue/rfc-outline.ts';
import { projectFile } from '../../document/project-file.ts';

/** Kinds of words. */
export const WORD_KINDS = ['scenarios', 'sections', 'clauses'] as const;
/** Kind of words that the shell asks for. */
export type WordKind = (typeof WORD_KINDS)[number];

/** Whether a word of the command line is a {@link WordKind}. */
export function isWordKind(text: string | undefined): text is WordKind {
  return WORD_KINDS.some((kind) => kind === text);
}

/** Prints the words of a kind, a line each. */
export function printWords(kind: WordKind): void {
  process.stdout.write(
    completionWords(kind)
      .map((word) => `${word}\n`)
      .join(''),
  );
}

/** The words of a kind, sorted. */
export function completionWords(kind: WordKind): string[] {
  const suites = join(dirname(projectFile('package.json')), 'suites');
  const words =
    kind === 'scenarios'
      ? scenarioIds(suites)
      : clauseWords(suites, kind === 'sections' ? /^section: "?([^"\n]+)"?$/gm : /^ +- id: "?([^"\n]+)"?$/gm);
  return [...new Set(kind === 'sections' ? [...words, ...sectionsBeside] : words)].sort();
}

function clauseWords(suites: string, pattern: RegExp): string[] {
  const folder = join(suites, 'rfc8684', 'clauses');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(pattern)].map((match) => match[1] ?? ''));
}

/** Scenario ids without variants: keys one level below `scenarios:`. */
function scenarioIds(suites: string): string[] {
  const files = readdirSync(suites, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.suite.yaml'),
  );
  return files.flatMap((name) => {
    const suite = name.replace(/\.suite\.yaml$/, '').replace(/^rfc8684\//, '');
    const [, body = ''] = readFileSync(join(suites, name), 'utf8').split(/^scenarios:[^\S\n]*$/m);
    const indent = /^( +)\S/m.exec(body)?.[1] ?? '  ';
    const keys = [...body.matchAll(new RegExp(`^${indent}"?([\\w.-]+)"?:`, 'gm'))].map((match) => match[1] ?? '');
    return [suite, ...keys.map((key) => `${suite}/${key}`)];
  });
}
