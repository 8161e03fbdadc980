/** Headless Chromium for tests: Debian's, driven by playwright-core. */
import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { projectFile } from '../../document/project-file.ts';

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  // Tests run as root, for which Chromium has no sandbox; what it opens are files that the test has written.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page from disk, and what it complained about: errors in the console, requests to anywhere else. */
export async function openPage(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  return { page, complaints };
}

/** Problems that axe finds in a page, one line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const source = readFileSync(projectFile('node_modules/axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  // It loads style sheets by fetch, which the page's CSP blocks.
  const { violations } = await page.evaluate<AxeResults>('axe.run({ preload: false })');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Whether anything on the page is wider than the window. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}
