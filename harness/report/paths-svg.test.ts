import { describe, expect, test } from 'vitest';
import { pathsSvg } from './paths-svg.tsx';
import type { RunSeries } from '../verdict/series.ts';

const SERIES: RunSeries = {
  title: 'x/one#ipv4: <b>&',
  seconds: 2,
  limit: 16,
  events: [{ t: 1, text: 'silence: a"><script>' }],
  paths: ['a', 'b'].map((path, i) => ({
    path,
    sequence: [{ t: 0.1 + i, value: 1e6 }],
    rate: [
      { t: 0.05, value: 8 },
      { t: 0.15, value: 7 },
    ],
    rtt: [{ t: 0.2, value: 20 }],
  })),
};

describe('pathsSvg', () => {
  test('draws every path in three panels, with the limit and the events', () => {
    const svg = pathsSvg(SERIES);
    expect(svg.match(/stroke-linecap="round"/g)).toHaveLength(4);
    expect(svg).toContain('stroke-dasharray="6 4"');
    expect(svg).toContain('path a');
    expect(svg).toContain('path b');
  });

  test('takes what it is told for text', () => {
    const svg = pathsSvg(SERIES);
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('&lt;b>&amp;');
    expect(pathsSvg({ ...SERIES, title: 'a\u0000b' })).not.toContain('\u0000');
  });

  test('draws a run in which nothing happened', () => {
    const svg = pathsSvg({
      title: 't',
      seconds: 0.001,
      limit: 0,
      events: [],
      paths: [{ path: 'a', sequence: [], rate: [], rtt: [] }],
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});
