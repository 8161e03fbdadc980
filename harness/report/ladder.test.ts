import { describe, expect, test } from 'vitest';
import { ladderSvg } from './ladder-svg.tsx';
import { xmlText } from './markup.tsx';
import { ladderText } from './ladder-text.ts';
import { alignPackets } from './packet-diff.ts';
import { displayWidth } from './text-layout.ts';
import { LADDER } from './testing/sample.ts';
import type { LadderEntry } from '../verdict/result.ts';

const HOSTILE: LadderEntry[] = [
  { at: 1, kind: 'agent', text: '< 1 ok x="</text><script>alert(1)</script>" & \u001b[2J\u0000\u202e\ud800' },
  {
    at: 2,
    kind: 'packet',
    direction: 'in',
    subflow: 'a',
    text: `a RST <unknown data=${'f'.repeat(400)}>`,
    verdict: 'warn',
  },
];

describe('the ladder as text', () => {
  const lines = ladderText(LADDER, { width: 100, colour: false }).trimEnd().split('\n');

  test('every entry has its time, arrow and text, in columns', () => {
    expect(lines[4]).toBe('    1.020  ├────────▶│  a SYN seq=0 <mp_capable version=1 h=1>');
    expect(lines[1]).toBe('    0.000  │         │  step: sut listen port=7');
    expect(lines.filter((line) => line.includes('◀'))).toHaveLength(2);
  });

  test('verdicts stand in one column', () => {
    const marks = lines.filter((line) => /[✔✘]/.test(line)).map((line) => line.search(/[✔✘]/));
    expect(marks).toHaveLength(2);
    expect(new Set(marks).size).toBe(1);
    expect(lines.join('\n')).toContain('✘ fail 3.2-19.s1');
  });

  test('no line is wider than told, and nothing is lost', () => {
    for (const width of [60, 80, 132]) {
      const text = ladderText([...LADDER, ...HOSTILE], { width, colour: false });
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(text.match(/f/g)?.length).toBeGreaterThanOrEqual(400);
    }
  });

  test('control characters do not reach the terminal, colour is on request', () => {
    expect(ladderText(HOSTILE, { width: 80, colour: false })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(ladderText(LADDER, { width: 80, colour: true })).toContain('\u001b[3');
  });

  test('an empty ladder is a heading', () => {
    expect(ladderText([], { width: 80, colour: false })).toBe('       ms Tester     SUT\n');
  });
});

describe('the ladder as SVG', () => {
  test('one arrow a packet, labels, verdicts with symbols, both colour schemes', () => {
    const svg = ladderSvg(LADDER, { title: 'T', subtitle: 'S' });
    expect(svg.match(/class="arrow/g)).toHaveLength(3);
    expect(svg.match(/class="note/g)).toHaveLength(4);
    expect(svg).toContain('✘ fail 3.2-19.s1');
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).toContain('>a SYN seq=0 &lt;mp_capable version=1 h=1><');
  });

  test('what a SUT sends stays text', () => {
    const svg = ladderSvg(HOSTILE, { title: '<b>', subtitle: '"&\'' });
    expect(svg).not.toMatch(/<script|<b>|<\/text><script/);
    expect(svg).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\ud800]/);
    expect(svg).not.toMatch(/(href|src|on\w+)=["']/);
    expect(svg).toContain('>&lt;b></text>');
    expect(svg).toContain("&quot;&amp;'</text>");
    expect(xmlText('a]]>b\u0000')).toBe('a]] >b\\x00');
  });

  test('tags balance and everything lies inside the picture', () => {
    const svg = ladderSvg([...LADDER, ...HOSTILE]);
    const height = Number(/height="(\d+)"/.exec(svg)?.[1]);
    for (const [, y] of svg.matchAll(/ y="([\d.]+)"/g)) expect(Number(y)).toBeLessThan(height);
    expect(svg.match(/<text /g)?.length).toBe(svg.match(/<\/text>/g)?.length);
    expect(svg.startsWith('<svg xmlns=')).toBe(true);
  });
});

describe('alignPackets', () => {
  test('columns line up and named fields are marked', () => {
    expect(
      alignPackets('a SYN/ACK ack=auto <mp_capable len=12 key=?k>', 'a SYN/ACK ack=1 <mp_capable len=20 key=0x01>', [
        'mp_capable.len',
      ]),
    ).toEqual({
      expected: 'a SYN/ACK ack=auto <mp_capable len=12 key=?k>',
      actual: 'a SYN/ACK ack=1    <mp_capable len=20 key=0x01>',
      marks: '                               ^^^^^^',
    });
  });

  test('what one side lacks leaves a gap on the other', () => {
    const { expected, actual, marks } = alignPackets('a RST <mp_tcprst reason=1>', 'a RST');
    expect([expected, actual]).toEqual(['a RST <mp_tcprst reason=1>', 'a RST']);
    expect(marks).toBe('      ^^^^^^^^^^ ^^^^^^^^^');
    expect(alignPackets('a ACK seq=1', 'a ACK win=3 seq=1').expected).toBe('a ACK       seq=1');
  });

  test('flags stand in one column', () => {
    expect(alignPackets('a SYN/ACK ack=1', 'a RST ack=1')).toEqual({
      expected: 'a SYN/ACK ack=1',
      actual: 'a RST     ack=1',
      marks: '  ^^^^^^^',
    });
  });

  test('the same field in another option is not marked', () => {
    const { marks } = alignPackets('a ACK <dss len=8> <mp_prio len=3>', 'a ACK <dss len=8> <mp_prio len=4>', [
      'mp_prio.len',
    ]);
    expect(marks.indexOf('^')).toBe('a ACK <dss len=8> <mp_prio '.length);
    expect(marks.trim()).toBe('^^^^^^');
  });

  test('sentences are not lined up with packets', () => {
    expect(alignPackets('a SYN', 'nothing came').marks).toBe('');
  });
});
