/** JUnit XML, in the form that Jenkins' own schema allows. Pure. */
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import type { RunResults, ScenarioRecord } from '../results.ts';
import { clean } from '../text-layout.ts';
import { bySuite, caseDetails, caseReason, caseStatus, nameInSuite, stackNames, type ExportOptions } from './case.ts';

/** Results as JUnit XML: a test suite for each suite of each stack, a test case for each scenario. Times are seconds. */
export function toJunit(runs: readonly RunResults[], options: ExportOptions): string {
  const names = stackNames(runs);
  const all = runs.flatMap(({ scenarios }) => scenarios);
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: 'mptcp-conformance',
    ...counts(all, options, false),
  });
  for (const [index, run] of runs.entries()) {
    for (const [suite, scenarios] of bySuite(run))
      addSuite(
        root,
        [names[index] ?? '', clean(suite)].filter((part) => part !== '').join(' '),
        run,
        scenarios,
        options,
      );
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function addSuite(
  root: XMLBuilder,
  name: string,
  run: RunResults,
  scenarios: readonly ScenarioRecord[],
  options: ExportOptions,
): void {
  const element = root.ele('testsuite', { name, timestamp: run.run.startedAt, ...counts(scenarios, options, true) });
  const { sut, tool } = run;
  const properties = element.ele('properties');
  for (const [key, value] of [
    ['sut', sut.name],
    ['kernel', sut.kernel],
    ['driver', sut.kind],
    ['tool', `${tool.name} ${tool.version}`],
  ]) {
    properties.ele('property', { name: key, value: clean(value ?? '') });
  }
  for (const scenario of scenarios) addCase(element, name, scenario, options);
}

function addCase(suite: XMLBuilder, classname: string, scenario: ScenarioRecord, options: ExportOptions): void {
  const element = suite.ele('testcase', { name: nameInSuite(scenario), classname, time: seconds(scenario.durationMs) });
  const reason = caseReason(scenario);
  const details = caseDetails(scenario)
    .split('\n')
    .map((line) => clean(line))
    .join('\n');
  switch (caseStatus(scenario, options.level)) {
    case 'passed':
      // A broken SHOULD below the level does not fail, and is not hidden either.
      if (reason !== '') element.ele('system-out').txt(`${reason}\n${details}`);
      return;
    case 'failed':
      element.ele('failure', { message: reason, type: scenario.verdict }).txt(details);
      return;
    case 'error':
      element.ele('error', { message: reason, type: scenario.verdict }).txt(details);
      return;
    case 'expected':
    case 'skipped':
      element.ele('skipped').txt(`${reason}\n${details}`);
  }
}

function counts(
  scenarios: readonly ScenarioRecord[],
  { level }: ExportOptions,
  withSkipped: boolean,
): Record<string, string> {
  const count = (...wanted: ReturnType<typeof caseStatus>[]): string =>
    String(scenarios.filter((one) => wanted.includes(caseStatus(one, level))).length);
  return {
    tests: String(scenarios.length),
    failures: count('failed'),
    errors: count('error'),
    ...(withSkipped ? { skipped: count('skipped', 'expected') } : {}),
    time: seconds(scenarios.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
