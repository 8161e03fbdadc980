import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DocumentError } from '../document/diagnostic.ts';
import { findTopology, loadTopology, parseTopology } from './load.ts';

const directory = join(import.meta.dirname, '..', '..', 'topologies');

function complaint(text: string): string {
  try {
    parseTopology(text, 'lab.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(DocumentError);
    return (error as DocumentError).message;
  }
  throw new Error('no complaint');
}

describe('topology files of the project', () => {
  test.each(['one-link', 'two-links', 'three-links'])('%s loads, dual stack', (name) => {
    const topology = loadTopology(join(directory, `${name}.yaml`));
    expect(topology.name).toBe(name);
    expect(topology.links.every((link) => link.families.length === 2 && link.mtu === 1500)).toBe(true);
  });

  test('are found by name, and a near name is suggested', () => {
    expect(findTopology(directory, 'two-links').links.map((link) => link.name)).toEqual(['a', 'b']);
    expect(() => findTopology(directory, 'two-link')).toThrow(
      /two-link\.yaml:1:1: unknown topology "two-link"; did you mean "two-links"\? \[UNKNOWN_TOPOLOGY\]/,
    );
    expect(() => findTopology(directory, 'ring')).toThrow(/expected one of: .*one-link, three-links, .*two-links/);
  });
});

describe('topology language', () => {
  test('reports a wrong key and links with problems of different kinds together', () => {
    const text = complaint(
      'titel: T\nhosts: [x]\nlinks:\n  a: { host: x, mtu: big }\n  b: { host: y }\n  c: { host: x, families: [ipv6], mtu: 600 }\n',
    );
    expect(text.match(/^lab\.yaml:\d+:\d+: .*$/gm)).toEqual([
      expect.stringMatching(/^lab\.yaml:1:1: the file lacks "title"/),
      expect.stringMatching(/^lab\.yaml:1:1: unknown key "titel"/),
      expect.stringMatching(/^lab\.yaml:4:22: links\.a\.mtu: expected/),
      expect.stringMatching(/^lab\.yaml:5:14: .*UNKNOWN_HOST/),
      expect.stringMatching(/^lab\.yaml:6:40: .*BAD_VALUE/),
    ]);
  });

  test('reads hosts, links, MTU, families and shapes', () => {
    const topology = parseTopology(
      [
        'title: T',
        'hosts: [x, y]',
        'links:',
        '  a: {host: x, mtu: 1400, families: [ipv6], to-sut: {rate: 1.5mbit, delay: 20ms, loss: 1%}}',
        '  b: {host: y, from-sut: {delay: 500us}}',
      ].join('\n'),
      'dir/t.yaml',
    );
    expect(topology).toEqual({
      name: 't',
      title: 'T',
      hosts: ['x', 'y'],
      links: [
        { name: 'a', host: 'x', mtu: 1400, families: ['ipv6'], toSut: { rate: 1_500_000, delay: 20, loss: 0.01 } },
        { name: 'b', host: 'y', mtu: 1500, families: ['ipv4', 'ipv6'], fromSut: { delay: 0.5 } },
      ],
    });
  });

  const head = 'title: T\nhosts: [sut]\n';

  test('reads middleboxes, and says what one cannot be', () => {
    const boxes = (list: string): string => `${head}links:\n  a: {middleboxes: ${list}}`;
    expect(parseTopology(boxes('[{nat: true}, {isn: {up: 7}}]'), 't.yaml').links[0]?.middleboxes).toEqual([
      { nat: true },
      { isn: { up: 7 } },
    ]);
    expect(complaint(boxes('[{nta: true}]'))).toMatch(/^lab\.yaml:4:\d+: unknown key "nta"; did you mean "nat"\?/);
    expect(complaint(boxes('[]'))).toMatch(/too few entries/);
    expect(complaint(boxes('[{nat: true, split: {at: 500}}]'))).toMatch(/must NOT have more than 1/);
  });

  test('names place and nearest word of an unknown key', () => {
    expect(complaint(`${head}links:\n  a:\n    mut: 1500\n`)).toBe(
      'lab.yaml:5:5: unknown key "mut"; did you mean "mtu"? [UNKNOWN_KEY]\n        mut: 1500\n        ^^^',
    );
    expect(complaint(`${head}link: {}\nlinks: {a: {}}`)).toMatch(
      /^lab\.yaml:3:1: unknown key "link"; did you mean "links"\?/,
    );
    expect(complaint(`${head}links: {a: {colour: red}}`)).toMatch(
      /expected one of: host, mtu, families, to-sut, from-sut, middleboxes/,
    );
  });

  test('names place and nearest word of an unknown value', () => {
    expect(complaint(`${head}links:\n  a: {families: [ipv4, ip6]}`)).toMatch(
      /^lab\.yaml:4:24: links\.a\.families\.1: "ip6" is not valid here; did you mean "ipv6"\?/,
    );
    expect(complaint('title: T\nhosts: [left, right]\nlinks:\n  a: {host: rihgt}')).toMatch(
      /^lab\.yaml:4:13: unknown host "rihgt"; did you mean "right"\? \[UNKNOWN_HOST\]/,
    );
  });

  test('tells of missing keys, malformed amounts, bad names, small MTUs, double keys and broken YAML', () => {
    expect(complaint('title: T\nlinks: {a: {}}')).toMatch(/^lab\.yaml:1:1: the file lacks "hosts"; add it/);
    expect(complaint(`${head}links:\n  a: {to-sut: {delay: 20}}`)).toMatch(
      /^lab\.yaml:4:23: links\.a\.to-sut\.delay: expected string, got 20: .*as in 20ms/,
    );
    expect(complaint(`${head}links:\n  a: {to-sut: {delay: 20min}}`)).toMatch(
      /"20min" has the wrong format.*as in 20ms/,
    );
    expect(complaint(`${head}links:\n  Lo_ng: {}`)).toMatch(/^lab\.yaml:4:3: "Lo_ng" is not a valid name/);
    expect(complaint(`${head}links:\n  lo: {}`)).toMatch(/"lo" is not a valid name/);
    expect(complaint(`${head}links:\n  a: {mtu: 1000}`)).toMatch(/^lab\.yaml:4:12: mtu 1000 is too small for IPv6/);
    expect(complaint('title: T\nhosts: [x, y]\nlinks: {a: {}}')).toMatch(
      /does not name its host; add "host", one of x, y/,
    );
    expect(complaint(`${head}links:\n  a: {}\n  a: {}`)).toMatch(/^lab\.yaml:5:3: .* \[DUPLICATE\]/);
    expect(complaint(`${head}links: {a: [}`)).toMatch(/^lab\.yaml:3:\d+: /);
    expect(complaint('')).toMatch(/^lab\.yaml:1:1: /);
  });

  test('tells of every fault at once', () => {
    expect(complaint(`${head}links: {a: {mut: 1, mtu: big}}`).match(/lab\.yaml:/g)).toHaveLength(2);
    expect(complaint(`${head}links: {a: {host: x, mtu: 900}, b: {host: y}}`).match(/lab\.yaml:/g)).toHaveLength(3);
  });

  test('says which file cannot be read', () => {
    expect(() => loadTopology('/nonexistent/x.yaml')).toThrow(/\/nonexistent\/x\.yaml:1:1: cannot be read: .*ENOENT/);
  });
});
