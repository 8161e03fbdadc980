import { describe, expect, test } from 'vitest';
import { IpBatch, splitFailures } from './ip-batch.ts';
import { TopologyError } from './types.ts';

describe('what ip complains of', () => {
  test('is told apart by line', () => {
    const said = 'Cannot find device "x"\nCommand failed -:7\nError: one.\nsecond line\nCommand failed -:9\n';
    expect(splitFailures(said, ['first', 'second', 'third'], 7)).toEqual([
      { line: 'first', text: 'Cannot find device "x"' },
      { line: 'third', text: 'Error: one.\nsecond line' },
    ]);
  });

  test('is nothing when nothing failed', () => {
    expect(splitFailures('', ['a'], 1)).toEqual([]);
  });
});

// These lines only look, or fail before they reach the kernel.
describe('a running ip', () => {
  test('does many jobs in order, and a failure is told to its own job', async () => {
    const batch = new IpBatch();
    const jobs = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        batch.run(index % 2 === 0 ? ['link show dev lo'] : ['link show dev lo', `link show dev nosuch${index}`]),
      ),
    );
    expect(jobs.map((failures) => failures.map((failure) => failure.line))).toEqual(
      jobs.map((_, index) => (index % 2 === 0 ? [] : [`link show dev nosuch${index}`])),
    );
    expect(jobs[1]?.[0]?.text).toMatch(/does not exist|Cannot find device/);
    await batch.close();
  });

  test('shows a device, and says when there is none', async () => {
    const batch = new IpBatch();
    const [lo, none] = await Promise.all([batch.showLink('lo'), batch.showLink('nosuch0')]);
    expect(lo).toMatch(/^1: lo: <LOOPBACK/);
    expect(none).toBeUndefined();
    await batch.close();
  });

  test('refuses jobs once it has ended', async () => {
    const batch = new IpBatch();
    await batch.close();
    await expect(batch.run(['link show'])).rejects.toThrow(TopologyError);
  });
});
