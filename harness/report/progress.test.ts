import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgress, progressLine, timeLeft } from './progress.ts';

const STATE = {
  total: 100,
  done: 25,
  counts: { pass: 20, fail: 3, declared: 2 },
  running: ['a', 'b'],
  elapsedMs: 5000,
};

describe('a progress line', () => {
  test('says what is done, what came of it, what runs and what is left', () => {
    expect(progressLine(STATE, { width: 100, colour: false })).toBe(
      '25/100 25%  20 pass, 3 fail, 2 declared  5.0 s, about 15 s left  a +1',
    );
    expect(progressLine(STATE, { width: 30, colour: false })).toHaveLength(30);
    expect(progressLine({ ...STATE, running: ['x\u001b[2J'] }, { width: 100, colour: false })).not.toContain('\u001b');
  });

  test('does not guess too early, nor at the end', () => {
    expect(timeLeft({ ...STATE, done: 0 })).toBeUndefined();
    expect(timeLeft({ ...STATE, done: 1 })).toBeUndefined();
    expect(timeLeft({ ...STATE, done: 100 })).toBeUndefined();
    expect(timeLeft({ ...STATE, total: 0, done: 0 })).toBeUndefined();
  });
});

describe('progress of a run', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function start(isTTY: boolean, total: number, env = {}) {
    const written: string[] = [];
    const output = { isTTY, columns: 60, write: (text: string) => written.push(text) };
    return { written, progress: createProgress(output, total, { now: () => Date.now(), env }) };
  }

  const result = (id: string) => ({ id, verdict: 'pass' as const });

  test('a terminal has one line, rewritten at most ten times a second, and removed at the end', () => {
    const { written, progress } = start(true, 1000);
    for (let i = 0; i < 1000; i++) {
      progress.started(`s${i}`);
      progress.finished(result(`s${i}`));
      vi.advanceTimersByTime(2);
    }
    expect(written.length).toBeLessThan(30);
    expect(written.every((text) => text.startsWith('\r') && !text.includes('\n'))).toBe(true);
    progress.log('hello');
    expect(written.some((text) => text.endsWith('hello\n'))).toBe(true);
    progress.end();
    progress.end();
    expect(written.at(-1)).toBe('\r\u001b[K');
    const count = written.length;
    vi.advanceTimersByTime(60_000);
    expect(written).toHaveLength(count);
  });

  test('a dumb terminal gets whole lines, as a log does', () => {
    const { written, progress } = start(true, 1000, { TERM: 'dumb' });
    progress.started('s');
    vi.advanceTimersByTime(60_000);
    progress.end();
    expect(written.length).toBeGreaterThan(0);
    expect(written.every((text) => /^[^\r\u001b]*\n$/.test(text))).toBe(true);
  });

  test('a terminal shows that time goes by while nothing ends', () => {
    const { written, progress } = start(true, 5);
    progress.started('slow');
    vi.advanceTimersByTime(3000);
    expect(written.at(-1)).toContain('3.0 s');
    progress.end();
  });

  test('a log is not flooded, and not silent', () => {
    const { written, progress } = start(false, 1000);
    for (let i = 0; i < 1000; i++) {
      progress.started(`s${i}`);
      progress.finished(result(`s${i}`));
      vi.advanceTimersByTime(2);
    }
    progress.end();
    expect(written.length).toBeLessThanOrEqual(4);
    expect(written.at(-1)).toMatch(/^1000\/1000 100% {2}1000 pass, 0 fail/);
    expect(written.every((text) => text.endsWith('\n') && !text.includes('\r') && !text.includes('\u001b'))).toBe(true);
    const slow = start(false, 10);
    slow.progress.started('slow');
    vi.advanceTimersByTime(35_000);
    expect(slow.written).toHaveLength(3);
    expect(slow.written[0]).toContain('slow');
    slow.progress.end();
  });
});
