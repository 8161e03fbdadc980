/** Suites written for a test: into a folder of their own, loaded as any other. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DocumentError, type Diagnostic } from '../../document/diagnostic.ts';
import { loadSuite, openLibrary } from '../load.ts';
import type { Scenario } from '../suite.ts';

const SEQUENCES = `title: For tests
sequences:
  shake:
    title: The handshake begins
    responder:
      - send: a SYN
      - expect: a SYN/ACK
    initiator:
      - expect: a SYN
  answer:
    title: For one role
    responder: [{ send: a ACK }]
  data:
    title: Data one way
    parameters: { bytes: null, on: a }
    steps:
      - send: \${on} ACK len=\${bytes}
      - expect: \${on} ACK
        clause: 3.3-1.s1
      - expect: \${on} ACK seq=\${bytes}
  loop:
    title: Uses itself
    steps: [{ use: loop }]
  crooked:
    title: Has a mistake after a variable
    parameters: { on: sub }
    steps:
      - send: \${on} SYM
`;

/** A suite of one scenario, `example`, with these steps (YAML, not indented) and extra keys of the scenario. */
export function suiteOf(steps: string, extra = '', sut = 'responder'): string {
  const indented = (text: string, by: number): string =>
    text
      .trim()
      .split('\n')
      .map((line) => `${' '.repeat(by)}${line}\n`)
      .join('');
  const keys = extra === '' ? '' : indented(extra, 4);
  return `title: S\nsection: "3.1"\nsut: ${sut}\nscenarios:\n  example:\n    title: E\n${keys}    steps:\n${indented(steps, 6)}`;
}

/** Loads a suite from its text. @throws DocumentError */
export function loadText(text: string, path = 'rfc8684/3.1-x/y.suite.yaml'): Scenario[] {
  const root = mkdtempSync(join(tmpdir(), 'written-suite-'));
  try {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    mkdirSync(join(root, 'sequences'));
    writeFileSync(join(root, 'sequences', 'all.yaml'), SEQUENCES);
    writeFileSync(join(root, path), text);
    return loadSuite(join(root, path), openLibrary(root));
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** `line:column [CODE] message` and the characters underlined, for everything wrong with a suite. */
export function complaints(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof DocumentError) return error.diagnostics.map(brief);
    throw error;
  }
  return [];
}

/** A diagnostic in one line, without its file. */
export function brief({ code, place, message, sourceLine, span }: Diagnostic): string {
  const spot = sourceLine.slice(place.column - 1, place.column - 1 + span);
  return `${place.line}:${place.column} [${code}] ${message} {${spot}}`;
}
