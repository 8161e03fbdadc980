/** The site, built and looked at in a browser. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { XmlDocument } from 'libxml2-wasm';
import { loadCatalogue } from '../catalogue/load.ts';
import { projectFile } from '../document/project-file.ts';
import { applyDeviations } from '../report/deviations.ts';
import type { RunResults } from '../report/results.ts';
import { writeLadder } from '../report/ladder-file.ts';
import { expectation, failure, LADDER, runOf, scenario } from '../report/testing/sample.ts';
import { badgeText } from './badge.ts';
import { buildSite, SiteError } from './build-site.ts';
import { difference, siteModel, slugOf, uniqueSlugs } from './model.ts';
import { accessibilityProblems, openPage, overflows, startBrowser } from './testing/browser.ts';
import type { ScenarioResult } from '../verdict/result.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'site-test-'));
const out = join(folder, 'site');
const catalogue = loadCatalogue(projectFile('suites/rfc8684/clauses')).all;
const EVIL = '"><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">\u202e\u001b[31m';
const PCAP = Buffer.concat([Buffer.from('d4c3b2a1', 'hex'), Buffer.alloc(20)]);
let browser: Browser;

function kernel(results: RunResults, release: string): RunResults {
  return { ...results, sut: { ...results.sut, kernel: release } };
}

function evil(): ScenarioResult {
  return scenario({
    id: `../../evil/${EVIL}#ipv4`,
    title: EVIL,
    verdict: 'fail',
    reason: EVIL,
    rerun: EVIL,
    expectations: [
      failure({ clause: '3.2-19.s1', message: EVIL, expected: EVIL, actual: EVIL, step: EVIL }),
      failure({ clause: EVIL }),
    ],
    evidence: { pcap: 'evidence/evil/capture.pcap', ladder: 'evidence/evil/ladder.json' },
  });
}

function runs(): { run: RunResults; folder: string }[] {
  const evidence = { pcap: 'evidence/one/capture.pcap', ladder: 'evidence/one/ladder.json' };
  const old = applyDeviations(
    kernel(
      runOf([
        scenario({
          id: '3.1/synack#ipv4',
          verdict: 'fail',
          reason: 'flag B is set',
          expectations: [failure()],
          evidence,
        }),
        scenario({ id: '3.1/synack#ipv6', expectations: [expectation({ clause: '3.2-20.s2' })], evidence }),
        evil(),
        scenario({
          id: 'lost',
          verdict: 'inconclusive',
          reason: 'no SYN came',
          expectations: [expectation({ clause: '3.1-3.s1', verdict: 'inconclusive' })],
          evidence: {},
        }),
      ]),
      '6.9.1',
    ),
    {
      source: 'linux.yaml',
      sut: 'linux',
      deviations: [{ clause: '3.1-20.4.s2', reason: EVIL, link: 'javascript:alert(1)' }],
    },
  );
  const recent = kernel(
    runOf([
      scenario({ id: '3.1/synack#ipv4', evidence }),
      scenario({
        id: '3.1/synack#ipv6',
        verdict: 'warn',
        expectations: [failure({ clause: '3.2-20.s2', level: 'should', verdict: 'warn' })],
        evidence: { pcap: 'evidence/none.pcap' },
      }),
    ]),
    '6.18.5',
  );
  return [old, recent].map((run) => ({ run, folder }));
}

beforeAll(async () => {
  for (const name of ['one', 'evil']) {
    mkdirSync(join(folder, 'evidence', name), { recursive: true });
    writeFileSync(join(folder, 'evidence', name, 'capture.pcap'), name === 'one' ? PCAP : 'no capture at all');
    writeLadder(join(folder, 'evidence', name), [...LADDER, { at: 9, kind: 'note', text: EVIL }]);
  }
  browser = await startBrowser();
}, 60_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the pages', () => {
  let built: ReturnType<typeof buildSite>;
  beforeAll(() => {
    built = buildSite(runs(), catalogue, out, '0.1.0');
  });

  test('hold a page for each clause and stack, their captures, diagrams and badges', () => {
    expect(built.pages).toBe(2 + catalogue.length + 2 + 1);
    expect(readdirSync(join(out, 'stack'))).toEqual(['6.18.5.html', '6.9.1.html']);
    expect(readFileSync(join(out, 'evidence/6.9.1/3.1-synack-ipv4.pcap'))).toEqual(PCAP);
    for (const file of [
      ...readdirSync(join(out, 'badge')).map((name) => `badge/${name}`),
      'evidence/6.9.1/3.1-synack-ipv4.svg',
      'evidence/6.9.1/evil-script-document.title-owned-script-img-src-x-onerror-document.title-owned-31m-ipv4.svg',
    ]) {
      const document = XmlDocument.fromString(readFileSync(join(out, file), 'utf8'));
      expect(document.root.name).toBe('svg');
      document.dispose();
    }
  });

  test('say which evidence could not be used', () => {
    expect(built.problems).toHaveLength(2);
    expect(built.problems.join('\n')).toMatch(/not a capture file; expected pcap or pcapng[^]*none\.pcap/);
  });

  const pages = [
    'index.html',
    'compare.html',
    'clause/3.1-20.4.s2.html',
    'clause/3.2-19.s1.html',
    'stack/6.9.1.html',
    'compare/6.9.1_6.18.5.html',
  ];
  const looks = [
    { name: 'light', options: { colorScheme: 'light' as const } },
    {
      name: 'dark, on a phone',
      options: { colorScheme: 'dark' as const, viewport: { width: 360, height: 740 }, hasTouch: true },
    },
  ];

  test.each(looks.flatMap((look) => pages.map((page) => [page, look] as const)))(
    '%s, $1.name: accessible, nothing from elsewhere, nothing too wide',
    async (name, look) => {
      const { page, complaints } = await openPage(browser, join(out, name), look.options);
      await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await overflows(page)).toBe(false);
      expect(await page.title()).not.toContain('owned');
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('what a stack sends stays text, and links that are none are no links', async () => {
    const { page, complaints } = await openPage(browser, join(out, 'clause/3.2-19.s1.html'));
    expect(await page.locator('script[src]').count()).toBe(1);
    expect(await page.locator('script:not([src])').count()).toBe(0);
    expect(await page.locator('img:not(.ladder)').count()).toBe(0);
    const text = await page.locator('main').innerText();
    expect(text).toContain('<script>document.title="owned"</script>');
    expect(text).toContain('\\u{202e}\\x1b[31m');
    await page.goto(`file://${join(out, 'clause/3.1-20.4.s2.html')}`);
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('every link leads to something', async () => {
    const { page } = await openPage(browser, join(out, 'index.html'));
    const dead: string[] = [];
    for (const name of pages) {
      await page.goto(`file://${join(out, name)}`);
      const links = await page.evaluate<string[]>(
        '[...document.querySelectorAll("a[href],img[src]")].map((one) => one.href || one.src)',
      );
      for (const link of links) {
        const url = new URL(link);
        if (url.protocol === 'file:' && !existsSync(decodeURIComponent(url.pathname))) dead.push(`${name}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
    await page.context().close();
  });
});

describe('the matrix', () => {
  test('filters by level, verdict, option, words and what differs; the choice is in the address', async () => {
    const { page } = await openPage(browser, join(out, 'index.html'));
    const shown = (): Promise<string[]> =>
      page.evaluate<string[]>(
        '[...document.querySelectorAll("#matrix tr[data-l]")].filter((row) => !row.hidden).map((row) => row.querySelector("a").textContent)',
      );
    expect(await shown()).toHaveLength(catalogue.length);
    await page.selectOption('#verdict', 'declared');
    expect(await shown()).toEqual(['3.1-20.4.s2']);
    expect(page.url()).toMatch(/#\?verdict=declared$/);
    await page.click('button[type=reset]');
    await page.waitForFunction('document.querySelectorAll("#matrix tr[data-l]:not([hidden])").length > 100');
    await page.check('#differs');
    expect(await shown()).toEqual(['3.1-20.4.s2', '3.2-20.s2']);
    await page.selectOption('#level', 'should');
    expect(await shown()).toEqual(['3.2-20.s2']);
    expect(await page.locator('#shown').innerText()).toBe(`1 of ${catalogue.length} clauses`);
    await page.goto('about:blank');
    await page.goto(`file://${join(out, 'index.html')}#?level=must&option=MP_FASTCLOSE`);
    const wanted = catalogue
      .filter((one) => one.keyword.startsWith('MUST') && one.concerns.includes('MP_FASTCLOSE'))
      .map(({ id }) => id);
    expect(await shown()).toEqual(wanted);
    await page.context().close();
  });

  test('works by keyboard: / searches, a verdict is reached by its clause', async () => {
    const { page } = await openPage(browser, join(out, 'index.html'));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('/');
    await page.keyboard.type('3.1-20.4.s2');
    await page.keyboard.press('Tab');
    expect(await page.locator('#matrix tr[data-l]:not([hidden])').count()).toBe(1);
    await page.locator('#matrix tr[data-l]:not([hidden]) a').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/clause\/3\.1-20\.4\.s2\.html/);
    expect(await page.locator('article pre').first().innerText()).toMatch(/expected .*\nactual {4}.*\n.*\^\^\^/);
    await page.context().close();
  });

  test('a click on a verdict leads to what that stack did', async () => {
    const { page } = await openPage(browser, join(out, 'index.html#?verdict=warn'));
    await page.locator('#matrix td.warn').click();
    await page.waitForURL(/clause\/3\.2-20\.s2\.html#6\.18\.5$/);
    await page.context().close();
  });

  test('the button changes the theme, and diagrams follow', async () => {
    const { page } = await openPage(browser, join(out, 'stack/6.9.1.html'), { colorScheme: 'light' });
    const ink = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await ink()).toBe('rgb(255, 255, 255)');
    await page.click('#theme');
    await page.click('#theme');
    expect(await page.locator('#theme').innerText()).toBe('Theme: dark');
    expect(await ink()).toBe('rgb(13, 17, 23)');
    await page.context().close();
  });

  test('without scripts everything is there', async () => {
    const { page } = await openPage(browser, join(out, 'index.html'), { javaScriptEnabled: false });
    expect(await page.locator('#matrix tr[data-l]').count()).toBe(catalogue.length);
    expect(await page.locator('#filters').isHidden()).toBe(true);
    await page.context().close();
  });
});

describe('where it goes', () => {
  test('a site is replaced whole', () => {
    writeFileSync(join(out, 'leftover.html'), 'old');
    buildSite(runs(), catalogue, out, '0.1.0');
    expect(existsSync(join(out, 'leftover.html'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a folder with something else in it is left alone', () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), 'mine');
    expect(() => buildSite(runs(), catalogue, other, '0.1.0')).toThrow(SiteError);
    expect(() => buildSite(runs(), catalogue, other, '0.1.0')).toThrow(
      /has other content than a site of this program; choose another --output/,
    );
    expect(readdirSync(other)).toEqual(['thesis.txt']);
    expect(() => buildSite(runs(), catalogue, join(other, 'thesis.txt'), '0.1.0')).toThrow(/is not a folder/);
  });
});

describe('the model', () => {
  const model = siteModel(
    runs().map(({ run }) => run),
    catalogue,
    '0.1.0',
  );

  test('knows what got better and worse from one stack to the next, declared or not', () => {
    const { better, worse, other } = difference(model, 0, 1);
    expect(better.map(({ id }) => id)).toEqual(['3.1-20.4.s2']);
    expect(worse.map(({ id }) => id)).toEqual(['3.2-20.s2']);
    expect(other.map(({ id }) => id)).toEqual(['3.1-3.s1', '3.2-19.s1']);
  });

  test('badges count requirements', () => {
    expect(badgeText(model, 0)).toEqual({ message: '0 kept, 2 broken', color: 'red' });
    expect(badgeText(model, 1)).toEqual({ message: '1 kept', color: 'brightgreen' });
  });

  test('file names cannot lead anywhere else, and none is used twice', () => {
    expect(slugOf('../../etc/passwd')).toBe('etc-passwd');
    expect(slugOf('..')).toBe('x');
    expect(uniqueSlugs(['a/b', 'a-b', 'A B', ''])).toEqual(['a-b', 'a-b-2', 'A-B-3', 'x']);
  });
});

test('the index of a small site is small', () => {
  expect(statSync(join(out, 'index.html')).size).toBeLessThan(1_000_000);
});
