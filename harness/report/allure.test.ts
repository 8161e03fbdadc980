import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestResult } from 'allure-js-commons';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateAllureReport } from './allure-report.ts';
import { reportToAllure } from './allure.ts';
import { ALLURE_CATEGORIES } from './allure-reporter.ts';
import { projectFile } from '../document/project-file.ts';
import { scenario } from './testing/sample.ts';

const COUNT = 60;

interface ReadResult extends Omit<TestResult, 'status' | 'statusDetails'> {
  status: string;
  statusDetails: { message?: string; known?: boolean; expected?: string; actual?: string };
}

describe('Allure results of many concurrent scenarios', () => {
  const folder = mkdtempSync(join(tmpdir(), 'allure-test-'));
  const results = join(folder, 'allure-results');
  let byIndex: ReadonlyMap<number, ReadResult>;

  beforeAll(() => {
    const config = join(import.meta.dirname, 'testing/allure-fixture/vitest.config.ts');
    const run = spawnSync(
      process.execPath,
      [projectFile('node_modules/vitest/vitest.mjs'), 'run', '--config', config],
      {
        env: { PATH: process.env['PATH'], FIXTURE_RESULTS: results, FIXTURE_COUNT: String(COUNT), NO_COLOR: '1' },
        encoding: 'utf8',
      },
    );
    // The undeclared failures fail as Vitest tests; the declared ones pass.
    expect(run.stdout, run.stderr).toContain('5 failed | 55 passed');
    const read = readdirSync(results)
      .filter((name) => name.endsWith('-result.json'))
      .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as ReadResult);
    byIndex = new Map(read.map((result) => [Number(/scenario (\d+)/.exec(result.name ?? '')?.[1]), result]));
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const content = (result: ReadResult, name: string): string => {
    const found = result.attachments.find((attachment) => attachment.name === name);
    return found === undefined ? '' : readFileSync(join(results, found.source), 'utf8');
  };

  test('labels, parameters, links and description belong to their test', () => {
    expect(byIndex.size).toBe(COUNT);
    for (const [index, result] of byIndex) {
      const tag = `n${index}n`;
      expect(result.parameters.find(({ name }) => name === 'tag')?.value).toBe(tag);
      expect(result.parameters.map(({ name }) => name).sort()).toEqual(['family', 'role', 'tag']);
      expect(result.fullName).toBe(`scenario ${index}`);
      expect(labels(result, 'story')).toEqual([`3.${index}-1.s1`]);
      expect(labels(result, 'epic')).toEqual(['RFC 8684']);
      expect(result.links.map(({ url }) => url)[0]).toBe(
        `https://www.rfc-editor.org/rfc/rfc8684.html#section-3.${index}-1`,
      );
      expect(tagsIn(JSON.stringify(result))).toEqual([tag]);
    }
  });

  test('steps are the expectations and nothing else; those that kept a clause are one', () => {
    for (const [index, result] of byIndex) {
      const isKept = ![1, 2].includes(index % 6);
      expect(result.steps).toHaveLength(isKept ? 1 : 1 + (index % 4));
      const more = result.steps[0]?.parameters.find(({ name }) => name === 'more steps')?.value ?? '0';
      expect(Number(more)).toBe(isKept ? index % 4 : 0);
      for (const step of result.steps) expect(step.name).toContain(`n${index}n`);
    }
  });

  test('a departure has its packets side by side', () => {
    for (const [index, result] of byIndex) {
      const page = content(result, 'expected and actual, side by side');
      if (index % 6 === 1 || index % 6 === 2) expect(page).toContain(`<td>n${index}n</td>`);
      else expect(page).toBe('');
    }
  });

  test('what passed has its packets', () => {
    for (const [index, result] of byIndex) {
      if (index % 6 !== 0 && index % 6 !== 5) continue;
      expect(result.attachments.map(({ name }) => name)).toEqual(['packets']);
      expect(content(result, 'packets')).toContain(`\n${index}.000 > a ACK n${index}n\n`);
      expect(content(result, 'packets')).not.toContain('ladder');
    }
  });

  test('a declared departure has its packets and its capture', () => {
    const names = byIndex.get(1)?.attachments.map(({ name }) => name);
    expect(names).toEqual(['expected and actual, side by side', 'packets', 'capture']);
  });

  test('what needs attention has all its evidence', () => {
    for (const [index, result] of byIndex) {
      const tag = `n${index}n`;
      if (index % 6 === 0 || index % 6 === 5 || index % 12 === 1) continue;
      const names = result.attachments.map(({ name }) => name).filter((name) => !name.startsWith('expected'));
      expect(names).toEqual(['ladder diagram', 'capture', 'agent log', 'MPTCP counters']);
      expect(content(result, 'capture')).toBe(`pcap ${tag}`);
      expect(content(result, 'agent log')).toBe(`agent ${tag}`);
      expect(content(result, 'ladder diagram')).toContain(`ladder ${tag}`);
      expect(JSON.parse(content(result, 'MPTCP counters'))).toEqual({ [tag]: index });
    }
  });

  test('the status is that of the verdict, and a declared deviation is skipped, and known', () => {
    const status = (index: number) => byIndex.get(index)?.status;
    expect([0, 1, 2, 3, 4, 5, 7].map(status)).toEqual([
      'passed',
      'skipped',
      'failed',
      'unknown',
      'broken',
      'passed',
      'failed',
    ]);
    expect(byIndex.get(1)?.statusDetails).toMatchObject({ known: true, actual: 'a RST n1n' });
    expect(byIndex.get(1)?.statusDetails.message).toMatch(/^declared: reason n1n\ndeclared n1n/);
    expect(byIndex.get(7)?.statusDetails.known).toBeUndefined();
    expect(byIndex.get(7)?.statusDetails.message).toBe('fail: reason n7n');
  });

  test('the HTML report is made from them', async () => {
    const environment = { kernel: '6.18.5', driver: 'netns' };
    const historyFile = join(folder, 'history.jsonl');
    const index = await generateAllureReport(results, join(folder, 'html'), { environment, historyFile });
    expect(readFileSync(index, 'utf8')).toContain('RFC 8684 conformance');
    const statistic = JSON.parse(readFileSync(join(folder, 'html/widgets/statistic.json'), 'utf8')) as Record<
      string,
      number
    >;
    expect(statistic['total']).toBe(COUNT);
    expect(textsBelow(join(folder, 'html'), '6.18.5').length).toBeGreaterThan(0);
    await generateAllureReport(results, join(folder, 'html'), { environment, historyFile });
    const runs = readFileSync(historyFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { testResults: object });
    expect(runs.map(({ testResults }) => Object.keys(testResults).length)).toEqual([COUNT, COUNT]);
  }, 60_000);

  test('a kernel crash has a category of its own, whatever the verdict', () => {
    const [crash] = ALLURE_CATEGORIES;
    expect(crash?.name).toBe('Kernel crashes');
    expect(new RegExp(crash?.matchers.message ?? '').test('crash: Kernel panic - not syncing\nfail: no answer')).toBe(
      true,
    );
    expect(byIndex.get(13)?.statusDetails.message).toMatch(/^crash: Kernel panic/);
  });
});

/** JSON files of a report that hold a text. */
function textsBelow(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .filter((name) => readFileSync(join(folder, name), 'utf8').includes(text));
}

function labels(result: ReadResult, wanted: string): string[] {
  return result.labels.filter(({ name }) => name === wanted).map(({ value }) => value);
}

function tagsIn(text: string): string[] {
  return [...new Set(text.match(/n\d+n/g))];
}

test('without an Allure reporter nothing is handed over', () => {
  expect(reportToAllure(scenario(), [], {})).toBe(false);
});

test('a report without results says what to do', async () => {
  await expect(generateAllureReport('/nonexistent/results', '/nonexistent/out')).rejects.toThrow(
    /no Allure results.*--allure/,
  );
});
