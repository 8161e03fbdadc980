/** Reads the texts of steps: variables filled in, notation parsed, mistakes reported with their position. */
import { DocumentError, suggestion, type Diagnostic, type NodePath } from '../document/diagnostic.ts';
import type { YamlFile } from '../document/yaml-file.ts';
import { NotationError } from '../notation/expression.ts';
import { parsePacketLine, type PacketLine } from '../notation/packet-line.ts';
import { fillIn, type FilledText } from './fill-in.ts';

/** The file that a text stands in, and what it may refer to. */
export interface TextContext {
  file: YamlFile;
  variables: Readonly<Record<string, string>>;
  diagnostics: Diagnostic[];
}

/** A text with its variables filled in; those that are not known go to `context.diagnostics`. */
export function say(written: string, path: NodePath, context: TextContext): string {
  return fill(written, path, context).text;
}

function fill(written: string, path: NodePath, context: TextContext): FilledText {
  return fillIn(written, context.variables, (name, from, span) => {
    const message = `unknown variable "${name}"${suggestion(name, Object.keys(context.variables))}`;
    const found = context.file.diagnoseWithin(path, 'UNKNOWN_NAME', message, from, span);
    const isKnown = context.diagnostics.some((one) => one.message === message && samePlace(one, found));
    if (!isKnown) context.diagnostics.push(found);
  });
}

function samePlace({ place: a }: Diagnostic, { place: b }: Diagnostic): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

/** Reads a notation; errors point at the characters as they are written, before variables were filled in. */
export function readAt<T>(written: string, path: NodePath, context: TextContext, parse: (text: string) => T): T {
  const { text, origin } = fill(written, path, context);
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    const from = origin(error.at);
    const span = Math.max(1, origin(error.at + error.span) - from);
    throw new DocumentError([context.file.diagnoseWithin(path, error.code, error.message, from, span)]);
  }
}

/** Reads a packet line. @throws DocumentError */
export function packetAt(written: string, path: NodePath, context: TextContext): PacketLine {
  return readAt(written, path, context, parsePacketLine);
}
