import { describe, expect, test } from 'vitest';
import { applyDeviations } from './deviations.ts';
import { coverageLine } from './clause-table.ts';
import type { SummaryOptions } from './summary-options.ts';
import { summaryText } from './summary.ts';
import { displayWidth } from './text-layout.ts';
import { buildResults, type RunResults } from './results.ts';
import { CLAUSES, expectation, failure, runOf, scenario } from './testing/sample.ts';

const PLAIN: SummaryOptions = {
  width: 100,
  colour: false,
  clauses: new Map(CLAUSES.map((clause) => [clause.id, clause])),
  resultsFolder: 'reports/latest',
};

function troubled(): RunResults {
  return applyDeviations(
    runOf([
      scenario(),
      scenario({ id: '3.1/x/flag#ipv4', verdict: 'fail', reason: 'flag B is set', expectations: [failure()] }),
      scenario({
        id: '3.2/x/token#ipv4',
        verdict: 'fail',
        expectations: [failure({ clause: '3.2-19.s1', level: 'stated' })],
      }),
      scenario({
        id: '3.2/x/why#ipv4',
        verdict: 'warn',
        expectations: [failure({ clause: '3.2-20.s2', level: 'should', verdict: 'warn' })],
      }),
      scenario({
        id: '3.8/x/all#ipv4',
        verdict: 'info',
        expectations: [expectation({ clause: '3.8-6.s1', level: 'may', verdict: 'info', actual: 'a RST\u001b[2J' })],
      }),
      scenario({
        id: '3.8/x/open#ipv4',
        verdict: 'inconclusive',
        reason: 'the preamble got no SYN/ACK',
        expectations: [],
      }),
    ]),
    {
      source: 'linux-6.18.yaml',
      sut: 'linux',
      deviations: [
        { clause: '3.2-19.s1', reason: 'cookies come first', link: 'https://example.org/1' },
        { scenario: '3.1/synack/key-length', reason: 'was wrong until 6.17' },
        { clause: '3.9-1.s1', reason: 'never seen' },
      ],
    },
  );
}

const stopped = (id: string, over: Partial<Parameters<typeof scenario>[0]> = {}) =>
  scenario({
    id,
    verdict: 'inconclusive',
    reason: 'nothing came',
    expectations: [
      expectation({
        clause: '',
        verdict: 'inconclusive',
        step: 'expect: a < ACK <dss>',
        source: 'suites/sequences.yaml:12',
      }),
    ],
    unjudged: { must: ['3.1-20.4.s2'], may: ['3.8-6.s1'] },
    ...over,
  });

describe('what was not judged', () => {
  test('a MUST that scenarios could have judged is told, and a run of which a tenth says nothing begins with that', () => {
    const passed = Array.from({ length: 18 }, (_, i) =>
      scenario({ id: `good/${i}`, expectations: [expectation({ clause: '3.2-19.s1' })] }),
    );
    const results = runOf([...passed, stopped('one'), stopped('two')]);
    const text = summaryText(results, { ...PLAIN, width: 200 });
    expect(text).toMatch(
      /^INCONCLUSIVE: 2 of 20 scenarios did not reach the state that they judge; 2 of them stopped at: expect: a < ACK <dss> \(suites\/sequences\.yaml:12\)\n/,
    );
    expect(text).toContain('Inconclusive: 1 MUSTs and stated requirements\n    3.1-20.4.s2 (MUST)\n');
    expect(text).toMatch(/No undeclared MUST or stated requirement is broken, but some were inconclusive.\n$/);
  });

  test('many are told by the step that they stopped at', () => {
    const many = Array.from({ length: 30 }, (_, i) => stopped(`s/${i}`));
    const other = expectation({ clause: '', verdict: 'inconclusive', step: 'sut: accept', source: 'x:1' });
    const text = summaryText(runOf([...many, stopped('other', { expectations: [other] }), scenario()]), PLAIN);
    expect(text).toMatch(
      /Inconclusive or in error: 31 scenarios\n\? 30 stopped at\n {4}expect: a < ACK <dss> \(suites\/sequences\.yaml:12\)/,
    );
    expect(text).toMatch(/\? 1 stopped at\n {4}sut: accept \(x:1\)/);
    expect(text).not.toContain('s/29');
    expect(summaryText(runOf(many), { ...PLAIN, full: true })).toContain('s/29');
  });
});

describe('the summary', () => {
  test('advice that is not followed has a column and a line of its own, and is not red', () => {
    const noted = failure({ clause: '3.2-19.s1', level: 'advice', verdict: 'note', message: 'no RST came' });
    const results = runOf([scenario({ verdict: 'note', expectations: [noted] }), scenario({ id: 'other' })]);
    const text = summaryText(results, PLAIN);
    expect(text).toMatch(/Clauses +MUST +stated +SHOULD +advice +MAY/);
    expect(text).toMatch(/§3\.2 .* {2}\. +\. +\. +1~ +\.\n/);
    expect(text).toContain('Advice not followed: 1 clause; --info lists them. They do not affect the exit code.');
    expect(text).toMatch(/No undeclared MUST or stated requirement is broken.\n$/);
    const info = summaryText(results, { ...PLAIN, showInfo: true });
    expect(info).toMatch(
      /~ 3\.2-19\.s1\n {4}A join with a token nobody has is refused with a RST\.\n {4}found: no RST came/,
    );
  });

  test('fits a screen when all is well', () => {
    const sections = [
      '3.1',
      '3.2',
      '3.3',
      '3.3.1',
      '3.3.2',
      '3.3.3',
      '3.4.1',
      '3.4.2',
      '3.5',
      '3.6',
      '3.7',
      '3.8',
      '3.9',
      'B.1',
    ];
    const scenarios = sections.flatMap((section) =>
      ['#ipv4', '#ipv6'].map((variant) =>
        scenario({ id: `${section}${variant}`, section, expectations: [expectation({ clause: `${section}-1.s1` })] }),
      ),
    );
    const text = summaryText(runOf(scenarios), { ...PLAIN, width: 80 });
    expect(text.split('\n').length).toBeLessThanOrEqual(24);
    expect(text).toMatch(/28 scenarios: 28 pass\nNo undeclared MUST or stated requirement is broken.\n$/);
    expect(text).toMatch(/§3\.3\.1 Data Sequence Mapping +1✔/);
    expect(text).toMatch(/all clauses +14✔/);
  });

  test('fits a screen with many sections and declared deviations too; --full leaves nothing out', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      scenario({
        id: `3.${index}/x/y#ipv4`,
        expectations: [
          index % 3 === 0 ? failure({ clause: `3.${index}-1.s1` }) : expectation({ clause: `3.${index}-1.s1` }),
        ],
        ...(index % 3 === 0 ? { verdict: 'fail' as const } : {}),
      }),
    );
    const deviations = many
      .filter(({ verdict }) => verdict === 'fail')
      .slice(1)
      .map(({ id }) => ({ scenario: id, reason: 'known' }));
    const results = applyDeviations(runOf(many), { source: 'linux.yaml', sut: 'linux', deviations });
    const text = summaryText(results, { ...PLAIN, width: 80 });
    expect(text.split('\n').length).toBeLessThanOrEqual(36);
    expect(text).toMatch(/26 sections without a departure +26✔/);
    expect(text).toMatch(/13 sections with declared ones only +13≈/);
    expect(text).toMatch(/\n§3\.0 +1✘/);
    expect(text).toContain('13 scenarios show 1 declared finding of linux.yaml; --full lists them.');
    const full = summaryText(results, { ...PLAIN, full: true });
    expect(full).toMatch(/\n§3\.39 +1≈/);
    expect(full.match(/fail \(declared\)/g)).toHaveLength(13);
  });

  test('many failures are named, the heaviest shown with their packets', () => {
    const failures = Array.from({ length: 12 }, (_, index) =>
      scenario({ id: `s/${index}`, verdict: 'fail', expectations: [failure()] }),
    );
    const warned = scenario({
      id: 'warned',
      verdict: 'warn',
      expectations: [failure({ verdict: 'warn', level: 'should' })],
    });
    const text = summaryText(runOf([...failures, warned]), PLAIN);
    expect(text).toMatch(
      /\n! warn {2}warned\n✘ fail {2}s\/0\n✘ fail {2}s\/1\n"mptcp-conformance show ID" shows each, --full all of them\.\n/,
    );
    expect(text.match(/again {5}/g)).toHaveLength(10);
  });

  test('a failure has all that is needed to act', () => {
    const text = summaryText(troubled(), PLAIN);
    for (const wanted of [
      '✘ fail  3.1/x/flag#ipv4',
      '✘ MUST 3.1-20.4.s2',
      'MP_CAPABLE is always sent with flag B at 0.',
      'https://www.rfc-editor.org/rfc/rfc8684.html#section-3.1-20.4',
      'found     flag B is set',
      'expected  a SYN/ACK ack=auto <mp_capable len=12',
      'actual    a SYN/ACK ack=1    <mp_capable len=20',
      'came too  12.346 ms a SYN/ACK ack=1',
      'capture   reports/latest/evidence/3.1/x/flag#ipv4/capture.pcap',
      "again     mptcp-conformance run --only '3.1/x/flag#ipv4'",
      'suite     suites/rfc8684/3.1/synack.suite.yaml:21',
    ])
      expect(text).toContain(wanted);
    const lines = text.split('\n');
    const actual = lines.findIndex((line) => line.includes('actual    a SYN/ACK ack=1 ') && line.includes('key=0x01'));
    expect(lines[actual + 1]?.trim()).toBe('^^^^^^           ^^^');
    expect(lines[actual + 1]?.indexOf('^')).toBe(lines[actual]?.indexOf('len=20'));
  });

  test('failures come last, then the closing lines', () => {
    const text = summaryText(troubled(), PLAIN);
    const order = [
      'all clauses',
      'Inconclusive or in error',
      'Declared deviations',
      'NO LONGER OCCURS',
      '! warn  3.2',
      '✘ fail  3.1/x',
      '6 scenarios: ',
    ].map((part) => text.indexOf(part));
    expect(order.every((at) => at >= 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(text).toMatch(
      /1 pass, 1 info, 1 inconclusive, 1 warn, 1 declared, 1 fail\nAn undeclared MUST or stated requirement is broken.\n$/,
    );
  });

  test('a broken promise is not told as a breach of the RFC, unless something of the RFC is broken, too', () => {
    const promise = failure({ clause: 'PM-signal', level: 'stated' });
    const closing = (...expectations: ReturnType<typeof failure>[]): string =>
      summaryText(runOf([scenario({ id: 'path-manager/x/y#ipv4', verdict: 'fail', expectations })]), PLAIN);
    expect(closing(promise)).toMatch(
      /\nAn undeclared requirement from outside of RFC 8684 is broken, and no .* of the RFC.\n$/,
    );
    expect(closing(promise, failure())).toMatch(/\nAn undeclared MUST or stated requirement is broken.\n$/);
  });

  test('scenarios that ended otherwise when run again are named', () => {
    const repeated = { times: 2, because: 'a shared table', first: 'fail: nothing came' };
    const text = summaryText(runOf([scenario({ id: '3.2/x/y#ipv4', repeated })]), PLAIN);
    expect(text).toContain('Ended otherwise when run again\n  3.2/x/y#ipv4\n    2 runs, the first: fail: nothing came');
  });

  test('declared, stale and unseen declarations', () => {
    const text = summaryText(troubled(), PLAIN);
    expect(text).toContain(
      '≈ declared\n    cookies come first https://example.org/1\n    fail (declared)  3.2/x/token#ipv4',
    );
    expect(text).toContain(
      '*** 1 DECLARED DEVIATION NO LONGER OCCURS ***\n  3.1/synack/key-length\n    was wrong until 6.17',
    );
    expect(text).toContain('remove it from linux-6.18.yaml');
    expect(text).toContain('Declared deviations that this run could not check: 3.9-1.s1');
    expect(text).not.toContain("again     mptcp-conformance run --only '3.2/x/token#ipv4'");
  });

  test('what a MAY turned out to be is shown on request only', () => {
    expect(summaryText(troubled(), PLAIN)).not.toContain('Choices that the RFC leaves to the stack');
    expect(summaryText(troubled(), { ...PLAIN, showInfo: true })).toContain('observed: a RST\\x1b[2J');
  });

  test('the width holds for all but what is to be copied; colour is on request', () => {
    for (const width of [60, 80, 120]) {
      const text = summaryText(troubled(), { ...PLAIN, width, showInfo: true });
      const wide = text.split('\n').filter((line) => displayWidth(line) > width);
      for (const line of wide) expect(line).toMatch(/^ {4}(RFC|suite|capture|agent|again) /);
      expect(text).not.toContain('\u001b');
    }
    expect(summaryText(troubled(), { ...PLAIN, colour: true })).toContain('\u001b[31m');
  });

  test('a run cut short, and one that judged nothing, say so', () => {
    expect(summaryText(runOf([scenario()], { partial: true }), PLAIN)).toContain('The run was interrupted.');
    expect(summaryText(runOf([]), PLAIN)).toMatch(/No clause was judged\.[^]*The harness could not judge everything\./);
  });

  test('coverage in one line', () => {
    const results = buildResults({ ...runOf([]), scenarios: [scenario()], catalogue: CLAUSES });
    expect(coverageLine(results)).toBe(
      'Judged 1 of 4 observable clauses (25 %): MUST 1/1, stated 0/1, SHOULD 0/1, advice 0/0, MAY 0/1',
    );
  });

  test('a whole run says what of the RFC it judged, by section; a selection does not', () => {
    const whole = buildResults({ ...runOf([]), scenarios: [scenario()], catalogue: CLAUSES });
    expect(summaryText(whole, PLAIN)).toMatch(/judged\n§3\.1 Connection Initiation +1✔ .* 1\/1\n/);
    expect(summaryText(whole, PLAIN)).toContain('Sections without a judged clause: §3.2, §3.8');
    const selected = buildResults({ ...runOf([], { selected: true }), scenarios: [scenario()], catalogue: CLAUSES });
    expect(summaryText(selected, PLAIN)).not.toMatch(/judged/i);
  });
});

test('many scenarios with the same reason name it once, and its lines stay lines', () => {
  const reason = 'TopologyError: the guest did not boot\n  console: Kernel panic';
  const ids = ['3.1/x/one#ipv4', '3.1/x/two#ipv4'];
  const text = summaryText(runOf(ids.map((id) => scenario({ id, verdict: 'error', reason, expectations: [] }))), PLAIN);
  expect(text).not.toContain('\\x0a');
  expect(text.match(/did not boot/g)).toHaveLength(1);
  expect(text).toMatch(
    /E error {2}3\.1\/x\/one#ipv4\nE error {2}3\.1\/x\/two#ipv4\n {4}TopologyError.*\n {4}console: Kernel panic/,
  );
});
