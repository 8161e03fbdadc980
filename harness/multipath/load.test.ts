import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DocumentError } from '../document/diagnostic.ts';
import { lintMultipath } from './lint.ts';
import { loadMultipathSuite, pathShape } from './load.ts';
import { loadPromises } from './promises.ts';
import { findTopology, parseTopology } from '../topology/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'multipath-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ROOT = join(import.meta.dirname, '..', '..');

function suite(scenario: string): string {
  const file = join(folder, 'x.suite.yaml');
  writeFileSync(file, `title: T\nsection: multipath\nscenarios:\n  one:\n    title: One\n${scenario}`);
  return file;
}

function complaint(scenario: string): string {
  try {
    loadMultipathSuite(suite(scenario), folder);
  } catch (error) {
    expect(error).toBeInstanceOf(DocumentError);
    return (error as DocumentError).message;
  }
  throw new Error('no complaint');
}

const PATHS = '    paths: { a: { rate: 8mbit } }\n';

describe('suites of two stacks', () => {
  test('have a variant for each family and value, with the other side known', () => {
    const loaded = loadMultipathSuite(
      suite(`    family: [ipv4, ipv6]
    for-each: { from: [client, server], n: [1, 2] }
${PATHS}    steps:
      - send: { size: 1MB, from: "\${from}" }
        mark: m\${n}
      - judge-seen: { option: mp_fail, path: a, from: "\${to}" }
        clause: MP-bytes
`),
      folder,
    );
    expect(loaded.map(({ id }) => id).slice(0, 3)).toEqual([
      'x/one#from=client,n=1,ipv4',
      'x/one#from=client,n=1,ipv6',
      'x/one#from=client,n=2,ipv4',
    ]);
    expect(loaded).toHaveLength(8);
    const [send, seen] = loaded.at(-1)?.steps ?? [];
    expect(send).toMatchObject({
      verb: 'send',
      with: { size: '1MB', from: 'server' },
      mark: 'm2',
      text: 'send: size=1MB from=server',
    });
    expect(seen).toMatchObject({ with: { from: 'client' }, clauses: ['MP-bytes'] });
    expect(loaded[0]!.clauses).toEqual(['MP-bytes']);
  });

  test('give paths their shapes, queues in time at the rate of their way', () => {
    const [one] = loadMultipathSuite(
      suite(`    paths: { a: { rate: 8mbit, delay: 10ms, queue: 50ms, loss: 1%, down: { rate: 4mbit } } }
    steps: [{ judge-intact: data, clause: MP-bytes }]
`),
      folder,
    );
    expect(one?.paths.get('a')?.shape).toEqual({
      up: { rate: 8e6, delay: 10, queue: 50_000, loss: 0.01 },
      down: { rate: 4e6, delay: 10, queue: 25_000, loss: 0.01 },
    });
    const changed = pathShape({ rate: '1mbit' }, { up: { rate: 8e6, queue: 50_000 }, down: {} });
    expect(changed).toEqual({ up: { rate: 1e6, queue: 6250 }, down: { rate: 1e6, queue: 12_500 } });
  });

  test('let a path share the bottleneck of another, and then have no rate or queue of its own', () => {
    const judged = '    steps: [{ judge-intact: data, clause: MP-bytes }]\n';
    const paths = (text: string): string => `    paths: ${text}\n${judged}`;
    const [one] = loadMultipathSuite(suite(paths('{ a: { rate: 8mbit }, b: { shares: a, delay: 10ms } }')), folder);
    expect(one?.paths.get('b')?.shape).toEqual({ up: { delay: 10 }, down: { delay: 10 }, shares: 'a' });
    expect(complaint(paths('{ a: { rate: 8mbit }, b: { shares: c } }'))).toMatch(/unknown path "c"/);
    expect(complaint(paths('{ a: { rate: 8mbit }, b: { shares: a, rate: 1mbit } }'))).toMatch(
      /uses the rate and queue of path "a"; remove its own/,
    );
    expect(complaint(paths('{ a: { rate: 8mbit }, b: { shares: a, up: { queue: 1ms } } }'))).toMatch(
      /uses the rate and queue of path "a"; remove its own/,
    );
    const changes = `    steps: [{ shape: { path: b, rate: 1mbit } }, { judge-intact: data, clause: MP-bytes }]\n`;
    expect(complaint(`    paths: { a: { rate: 8mbit }, b: { shares: a } }\n${changes}`)).toMatch(
      /:7:.*uses the rate and queue of path "a"; remove its own/,
    );
    expect(complaint(paths('{ a: { rate: 8mbit }, b: { shares: a }, c: { shares: b } }'))).toMatch(
      /path "b" itself shares the bottleneck of "a"; write shares: a/,
    );
  });

  test('tell of a key of the file, of one scenario and of a step of another at once', () => {
    const text = complaint(
      `${PATHS}    steps: [{ silnce: a }]\n  two:\n    title: Two\n${PATHS}    steps: [{ silence: b }]\n` +
        '  three: null\ntopolgy: two-hosts\n',
    );
    for (const spot of [':7:15: unknown key "silnce"', ':11:24: unknown path "b"', ':12:10: ', ':13:1: unknown key'])
      expect(text).toContain(spot);
  });

  test('tell what is wrong, and where', () => {
    expect(complaint(`${PATHS}    steps:\n      - silnce: a\n`)).toMatch(
      /x\.suite\.yaml:8:9: unknown key "silnce"; did you mean "silence"\?/,
    );
    expect(
      complaint(`${PATHS}    steps:\n      - { silence: b }\n      - { judge-intact: data, clause: MP-bytes }\n`),
    ).toMatch(/:8:20: unknown path "b"/);
    expect(
      complaint(
        `${PATHS}    steps:\n      - { silence: a, restore: a }\n      - { judge-intact: data, clause: MP-bytes }\n`,
      ),
    ).toMatch(/a step has one verb, this one has silence and restore/);
    expect(complaint(`${PATHS}    steps:\n      - clause: MP-bytes\n`)).toMatch(/the step has no verb/);
    expect(complaint(`${PATHS}    steps:\n      - judge-intact: data\n`)).toMatch(
      /judge-intact judges, but names no clause or promise/,
    );
    expect(
      complaint(`    paths: { a: { rate: 8mb } }\n    steps: [{ judge-intact: data, clause: MP-bytes }]\n`),
    ).toMatch(/"8mb" has the wrong format.*as in 8mbit/);
  });
});

describe('linting', () => {
  const known = {
    clause: () => undefined,
    clauseIds: ['3.7-1.s5'],
    promises: loadPromises(join(ROOT, 'suites', 'multipath', 'promises.yaml')),
  };
  const topology = (name: string) => findTopology(join(ROOT, 'topologies'), name);

  test('knows promises, and the links that can be paths', () => {
    const [one] = loadMultipathSuite(
      suite(`    paths: { a: {}, s: {} }
    steps: [{ judge-intact: data, clause: MP-byts }]
`),
      folder,
    );
    expect(lintMultipath(one!, known, topology).map(({ message }) => message)).toEqual([
      'path "s": the client has no such link in two-hosts; expected one of: a, b, c',
      'unknown clause or promise "MP-byts"; did you mean "MP-bytes"?',
    ]);
  });

  test('says of middleboxes in the links of the server that nobody meets them', () => {
    const [one] = loadMultipathSuite(
      suite(`    paths: { a: {} }
    steps: [{ judge-intact: data, clause: MP-bytes }]
`),
      folder,
    );
    const boxed = parseTopology(
      'title: T\nhosts: [client, server]\nlinks:\n  a: {host: client}\n  s: {host: server, middleboxes: [{nat: true}]}',
      't.yaml',
    );
    expect(lintMultipath(one!, known, () => boxed).map(({ message }) => message)).toEqual([
      'two-hosts has middleboxes on link s; in scenarios with two stacks, only links of the client can have them',
    ]);
  });
});
