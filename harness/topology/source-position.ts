/** Points at a place in a YAML file: file, line, column, the line itself and a caret. */
import { isMap, isNode, isScalar } from 'yaml';
import type { Document, LineCounter, Node } from 'yaml';

/** A YAML file with what is needed to point into it. */
export interface YamlSource {
  file: string;
  text: string;
  lines: LineCounter;
  document: Document;
}

/**
 * A message that names its place: `file:line:column: message`, then the line and a caret below it. Line and column
 * count from 1.
 *
 * @param offset UTF-16 units from the start of the file
 */
export function at(source: YamlSource, offset: number, message: string): string {
  const { line, col } = source.lines.linePos(offset);
  const shown = source.text.split('\n')[line - 1] ?? '';
  return `${source.file}:${line}:${col}: ${message}\n  ${shown}\n  ${' '.repeat(Math.max(col - 1, 0))}^`;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

/** Offset of the value at a path (keys and indexes), or of the nearest thing around it that stands in the file. */
export function valueOffset(source: YamlSource, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = startOf(source.document.getIn(path.slice(0, length), true));
    if (offset !== undefined) {
      return offset;
    }
  }
  return startOf(source.document.contents) ?? 0;
}

/** Offset of a key within the map at a path. */
export function keyOffset(source: YamlSource, path: readonly string[], key: string): number {
  const map = path.length === 0 ? source.document.contents : source.document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find((item) => (isScalar(item.key) ? String(item.key.value) : String(item.key)) === key)
    : undefined;
  return startOf(pair?.key) ?? valueOffset(source, path);
}
