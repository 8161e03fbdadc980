/** Markdown from text that is not trusted. Pure. */
import { clean } from './text-layout.ts';

/** Makes text mean itself in Markdown, also in a cell of a table. */
export function escapeMarkdown(text: string): string {
  return clean(text).replace(/[\\`*_[\]<>#|~]/g, (character) => `\\${character}`);
}

/** A code block around text, with a fence that the text does not hold. */
export function fenced(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const body = text
    .split('\n')
    .map((line) => clean(line))
    .join('\n');
  return `${fence}${language}\n${body}\n${fence}`;
}

/** Text as code within a line; what would end it is shown as an apostrophe. */
export function inlineCode(text: string): string {
  return `\`${clean(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

/** A table; the cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
