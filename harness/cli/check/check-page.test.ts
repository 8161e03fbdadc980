/** The page of `check --html` in a browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { altered, encoded, goodConversation, optionOf, type NamedPacket } from '../../monitor/testing/conversation.ts';
import { accessibilityProblems, openPage, startBrowser } from '../../site/testing/browser.ts';
import { captureFile } from '../../wire/testing/capture-files.ts';
import { check } from './check.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'check-page-'));
const page = join(folder, 'page.html');
let browser: Browser;

function capture(name: string, packets: readonly NamedPacket[]): string {
  const path = join(folder, name);
  const records = encoded(packets).map(({ at, bytes }) => ({ at, bytes, original: bytes.length }));
  writeFileSync(path, captureFile('pcap', records, 101));
  return path;
}

beforeAll(async () => {
  const good = goodConversation();
  const bad = altered(good, 'b-data', (packet) => {
    optionOf(packet, 'dss').reserved = 1;
  });
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await check([capture('good.pcap', good), capture('bad.pcap', bad)], { complete: false, info: false, html: page });
  } finally {
    said.mockRestore();
  }
  browser = await startBrowser();
}, 60_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

test('the search hides connections that lack one of the words', async () => {
  const { page: shown, complaints } = await openPage(browser, page);
  const sections = shown.locator('section.connection');
  const visible = (): Promise<number> => sections.filter({ visible: true }).count();
  expect(await visible()).toBe(2);
  await shown.getByLabel('Search').fill('10.0.0.11 3.3-7.S6');
  expect(await visible()).toBe(1);
  expect(await shown.locator('#found').innerText()).toBe('1 of 2 connections');
  await shown.getByLabel('Search').fill('<script>');
  expect(await visible()).toBe(0);
  await shown.getByLabel('Search').fill('');
  expect(await visible()).toBe(2);
  expect(complaints).toEqual([]);
  expect(await accessibilityProblems(shown)).toEqual([]);
});

test('packet details name the packet for Wireshark and the finding', async () => {
  const { page: shown } = await openPage(browser, page);
  const broken = shown.locator('section.connection').last();
  await broken.getByText('Packet details').click();
  const details = broken.locator('details', { hasText: 'Packet details' });
  const row = details.locator('tr', { hasText: 'frame.number == 14' });
  await expect.poll(() => row.innerText()).toMatch(/initiator\s+2 PSH\/ACK seq=1 .*rsv=0x1.*\s+✘ 3\.3-7\.s6/s);
});

test('without scripts there is no search, and everything else', async () => {
  const { page: shown, complaints } = await openPage(browser, page, { javaScriptEnabled: false });
  expect(await shown.getByLabel('Search').isVisible()).toBe(false);
  expect(await shown.locator('section.connection').filter({ visible: true }).count()).toBe(2);
  expect(complaints).toEqual([]);
});
