import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Catalogue } from '../catalogue/catalogue.ts';
import { DocumentError } from '../document/diagnostic.ts';
import { openLibrary } from '../scenario/load.ts';
import { findTopology } from '../topology/load.ts';
import { loadAnySuite } from './any-suite.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('tells of lines that cannot be read and of things that are not there at once, in the order of the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-suite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'x.suite.yaml');
  writeFileSync(
    file,
    `title: X
section: "3.1"
sut: responder
scenarios:
  one:
    title: One
    topology: nowhere
    steps:
      - sut: recv byts=1
      - expect: a ACK
        clause: 99.9-1.s1
      - expect: q ACKK
        clause: 99.9-1.s1
`,
  );
  const world = {
    catalogue: new Catalogue([], []),
    promises: new Map(),
    topology: (name: string) => findTopology(join(ROOT, 'topologies'), name),
  };
  const load = (): unknown => loadAnySuite(file, openLibrary(join(ROOT, 'suites')), world);
  expect(load).toThrow(DocumentError);
  try {
    load();
  } catch (error) {
    const told = (error as DocumentError).diagnostics.map(({ code, place }) => `${place.line} ${code}`);
    expect(told).toEqual(['6 UNKNOWN_TOPOLOGY', '9 UNKNOWN_FIELD', '10 UNKNOWN_CLAUSE', '12 NOTATION']);
  }
});
