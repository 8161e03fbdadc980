/** `check` over captures that were made to break it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { CaptureError } from '../../wire/pcap-error.ts';
import { hostileCaptures } from '../../wire/testing/hostile-captures.ts';
import { check } from './check.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const corpus = hostileCaptures().map(({ name, contents }, index) => {
  const path = join(folder, `${index}.pcap`);
  writeFileSync(path, contents);
  return { name, path };
});

/** Files that are no capture at all. */
const REFUSED = ['nothing', 'half a header of pcap', 'compressed in a compressed file'];
/** Files that cannot be read to their end: what there is of them is judged, and the exit code says that it is not all. */
const DAMAGED = [
  'a record of 4 GiB',
  'blocks of pcapng without length',
  'a block of pcapng of 4 GiB',
  'a packet of an interface that is not there',
  'a packet longer than its block',
  'compressed data cut off',
];
/** Files whose packets depart from the RFC. */
const DEPARTING = [
  'an option of no length',
  'an option of one byte',
  'an option that ends after the header',
  'MPTCP options of two bytes',
  'every subtype, three bytes each',
  'a DSS with all flags and no room',
  'ADD_ADDR of every length',
];

function codeOf(name: string): number {
  if (REFUSED.includes(name) || DAMAGED.includes(name) || name === 'an unknown link type') return 2;
  return DEPARTING.includes(name) ? 1 : 0;
}

/** Output and exit code of the command. For a capture that it refuses, the error that the program prints. */
async function run(...paths: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((more) => {
    text += String(more);
    return true;
  });
  try {
    return { code: await check(paths, { complete: false, info: false }), text };
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { code: 2, text: error.message };
  } finally {
    spy.mockRestore();
  }
}

test.each(corpus)('$name', { timeout: 20_000 }, async ({ name, path }) => {
  const { code, text } = await run(path);
  expect(code, text).toBe(codeOf(name));
  if (REFUSED.includes(name)) expect(text).toContain(path);
  if (DAMAGED.includes(name)) expect(text).toMatch(/was not read$/m);
});

test('the names above are those of the corpus', () => {
  const names = new Set(corpus.map(({ name }) => name));
  expect([...REFUSED, ...DAMAGED, ...DEPARTING].filter((name) => !names.has(name))).toEqual([]);
});

test('one that is damaged does not hide what is in the next', async () => {
  const { code, text } = await run(
    ...['a record of 4 GiB', 'an option of no length'].map(
      (name) => corpus.find((one) => one.name === name)?.path ?? '',
    ),
  );
  expect(code).toBe(1);
  expect(text).toContain('fail 3-2.s3 initiator');
});
