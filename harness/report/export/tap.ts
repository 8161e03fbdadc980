/** TAP (version 14) and KTAP (version 1, the kernel's). Pure. */
import { stringify } from 'yaml';
import type { RunResults, ScenarioRecord } from '../results.ts';
import { clean } from '../text-layout.ts';
import { bySuite, caseDetails, caseReason, caseStatus, nameInSuite, stackNames, type ExportOptions } from './case.ts';

/** Results as TAP: a test point for each scenario. Declared departures are TODO, scenarios without verdict SKIP. */
export function toTap(runs: readonly RunResults[], options: ExportOptions): string {
  const names = stackNames(runs);
  const points = runs.flatMap((run, index) =>
    run.scenarios.map((scenario) => ({ scenario, stack: names[index] ?? '' })),
  );
  const lines = points.flatMap(({ scenario, stack }, index) => {
    const status = caseStatus(scenario, options.level);
    const name = escapeTap([stack, clean(scenario.id)].filter((part) => part !== '').join(' '));
    const ok = status === 'passed' || status === 'skipped' ? 'ok' : 'not ok';
    const directive = status === 'expected' ? 'TODO' : status === 'skipped' ? 'SKIP' : undefined;
    const line = `${ok} ${index + 1} - ${name}${directive === undefined ? '' : ` # ${directive} ${escapeTap(caseReason(scenario))}`}`;
    return [line, ...(caseReason(scenario) === '' ? [] : diagnostics(scenario))];
  });
  return `${['TAP version 14', `1..${points.length}`, ...lines].join('\n')}\n`;
}

function diagnostics(scenario: ScenarioRecord): string[] {
  const text = stringify(
    { verdict: scenario.verdict, message: caseReason(scenario), details: `${caseDetails(scenario)}\n` },
    { lineWidth: 0 },
  );
  return ['---', ...text.trimEnd().split('\n'), '...'].map((line) => `  ${line}`);
}

/** A number sign would begin a directive. */
function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}

/**
 * Results as KTAP: a test for each suite, with its scenarios as subtests. Diagnostic lines stand before the result
 * that they belong to. A declared departure is an expected failure.
 */
export function toKtap(runs: readonly RunResults[], options: ExportOptions): string {
  const names = stackNames(runs);
  const suites = runs.flatMap((run, index) =>
    bySuite(run).map(([suite, scenarios]) => ({
      scenarios,
      name: ktapName([names[index] ?? '', suite].filter((part) => part !== '').join('.')),
    })),
  );
  const lines = suites.flatMap(({ name, scenarios }, index) => {
    const failed = scenarios.some((one) => ['failed', 'error'].includes(caseStatus(one, options.level)));
    return [
      '  KTAP version 1',
      `  1..${scenarios.length}`,
      ...scenarios.flatMap((scenario, number) => ktapCase(scenario, number + 1, options)).map((line) => `  ${line}`),
      `${failed ? 'not ok' : 'ok'} ${index + 1} ${name}`,
    ];
  });
  return `${['KTAP version 1', `1..${suites.length}`, ...lines].join('\n')}\n`;
}

function ktapCase(scenario: ScenarioRecord, number: number, options: ExportOptions): string[] {
  const status = caseStatus(scenario, options.level);
  const name = ktapName(nameInSuite(scenario));
  const details =
    caseReason(scenario) === ''
      ? []
      : [caseReason(scenario), ...caseDetails(scenario).split('\n')].map((line) => `# ${clean(line)}`.trimEnd());
  const reason = caseReason(scenario).replaceAll('#', '');
  switch (status) {
    case 'passed':
      return [...details, `ok ${number} ${name}`];
    case 'failed':
      return [...details, `not ok ${number} ${name}`];
    case 'error':
      return [...details, `not ok ${number} ${name} # ERROR ${reason}`];
    case 'expected':
      return [...details, `ok ${number} ${name} # XFAIL ${reason}`];
    case 'skipped':
      return [...details, `ok ${number} ${name} # SKIP ${reason}`];
  }
}

/** KTAP knows no escapes: a number sign begins a directive wherever it stands. */
function ktapName(text: string): string {
  return clean(text).replaceAll('#', ':').replace(/\s+/g, '_');
}
