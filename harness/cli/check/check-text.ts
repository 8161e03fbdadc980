/** Text output of `check`. Pure. */
import type { ConnectionReport, EndReport, SubflowReport } from '../../monitor/analysis.ts';
import type { Finding } from '../../monitor/types.ts';
import type { CheckedConnection, CheckFinding } from './narrow.ts';
import { clean, coloursOf, paint, type Colours, type TextStyle } from '../../report/text-layout.ts';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import type { FileReport } from './file-report.ts';

/** Bytes as people say them: `2.7 MB`. */
function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit] ?? ''}`;
}

function tokenText(token: number | undefined): string {
  return token === undefined ? '?' : `0x${token.toString(16).padStart(8, '0')}`;
}

function endText({ address, port, addressId }: EndReport): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${host}:${port}${addressId === undefined ? '' : ` (id ${addressId})`}`;
}

function secondsText(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}

/** One line about a connection as a whole. */
export function headline(report: ConnectionReport): string {
  const parts = [`connection ${report.number}`];
  if (report.version === 0) parts.push('MPTCP version 0: recognised, not judged');
  else parts.push(report.version === undefined ? 'version not seen' : `version ${report.version}`);
  parts.push(`tokens ${tokenText(report.tokens.initiator)} ${tokenText(report.tokens.responder)}`);
  if (report.checksums !== undefined) parts.push(`checksums ${report.checksums ? 'on' : 'off'}`);
  parts.push(`${report.packets} packets`, secondsText(report.durationMs));
  parts.push(`${bytesText(report.data[0])} > < ${bytesText(report.data[1])}`, report.ending);
  if (report.fallback !== undefined) parts.push(`fell back to TCP: ${report.fallback}`);
  if (!report.whole && report.version !== 0) parts.push('the capture does not include its start');
  return parts.join(', ');
}

/** One line about a subflow. */
export function subflowLine(subflow: SubflowReport): string {
  const opening = { capable: 'MP_CAPABLE', join: `MP_JOIN by the ${subflow.openedBy}`, unknown: 'start not seen' }[
    subflow.opening
  ];
  const [a, b] = subflow.ends;
  return [
    `subflow ${subflow.number}`,
    `${endText(a)} > ${endText(b)}`,
    opening,
    secondsText(subflow.durationMs),
    `${bytesText(a.octets)} > < ${bytesText(b.octets)}`,
    ...(subflow.backup ? ['backup'] : []),
    subflow.ending,
  ].join(', ');
}

/** The findings to show, the worst first. */
export function shownFindings<F extends Finding>(findings: readonly F[], info: boolean): F[] {
  const order = ['fail', 'warn', ...(info ? ['inconclusive', 'note', 'info'] : [])];
  return findings
    .filter((finding) => order.includes(finding.verdict))
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}

/** Place of a finding: `initiator, subflow 1, packet 17`. */
export function placeOf(finding: Finding): string {
  const parts: string[] = [finding.host];
  if (finding.subflow !== undefined) parts.push(`subflow ${finding.subflow}`);
  if (finding.packet !== undefined) parts.push(`packet ${finding.packet}`);
  if (finding.count > 1 && finding.verdict !== 'pass') parts.push(`${finding.count} times`);
  return parts.join(', ');
}

function findingText(finding: CheckFinding, colours: Colours): string[] {
  const { declared } = finding;
  const outcome = outcomeOf(finding);
  const also = finding.also.length === 0 ? '' : ` (also ${finding.also.join(' ')})`;
  const lines = [
    `    ${paint(colours, outcome, `${SYMBOL[outcome]} ${outcome} ${finding.clause}`)} ${placeOf(finding)}: ${clean(finding.message)}`,
  ];
  if (declared !== undefined) lines.push(`        declared  ${clean(declared)}`);
  if (finding.expected !== undefined) lines.push(`        expected  ${clean(finding.expected)}`);
  if (finding.actual !== undefined) lines.push(`        actual    ${clean(finding.actual)}`);
  if (finding.text !== undefined) lines.push(`        ${colours.dim(clean(finding.text))}`);
  if (also !== '') lines.push(`        ${colours.dim(also.trim())}`);
  return lines;
}

/** A connection with its subflows and findings. */
export function connectionText(report: CheckedConnection, style: TextStyle, { info }: { info: boolean }): string {
  const colours = coloursOf(style);
  const lines = [colours.bold(headline(report)), ...report.subflows.slice(0, 64).map((one) => `  ${subflowLine(one)}`)];
  if (report.subflows.length > 64) lines.push(`  and ${report.subflows.length - 64} more subflows`);
  for (const finding of shownFindings(report.findings, info)) lines.push(...findingText(finding, colours));
  if (report.version !== 0) lines.push(`    ${colours.dim(tally(report.findings))}`);
  return lines.join('\n');
}

/** Number of clauses by outcome. */
export function tally(findings: readonly CheckFinding[]): string {
  const clauses = (verdict: Finding['verdict']): number =>
    new Set(
      findings
        .filter((one) => one.verdict === verdict && one.declared === undefined)
        .flatMap((one) => [one.clause, ...one.also]),
    ).size;
  const parts = [`${clauses('pass')} kept`, `${clauses('fail') + clauses('warn')} broken`];
  const declared = new Set(findings.filter((one) => one.declared !== undefined).map(({ clause }) => clause)).size;
  if (declared > 0) parts.push(`${declared} declared`);
  if (clauses('inconclusive') > 0) parts.push(`${clauses('inconclusive')} inconclusive`);
  return `clauses: ${parts.join(', ')}`;
}

function kindsText(kinds: FileReport['skipped']['kinds']): string {
  return Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** The last lines about a file. */
export function fileText(report: FileReport, style: TextStyle): string {
  const colours = coloursOf(style);
  const { counts, skipped } = report;
  const lines = [`${clean(report.file)}: ${counts.packets} packets, ${counts.mptcp} of MPTCP connections`];
  const note = (count: number, what: string): void => {
    if (count > 0) lines.push(`  ${count} ${what}`);
  };
  note(counts.fragments, 'IP fragments, not reassembled');
  note(counts.cut, 'truncated by the capture before the end of their TCP header');
  note(counts.malformed, 'with an invalid IP or TCP header');
  note(skipped.notIp, `without an IP packet: ${kindsText(skipped.kinds)}`);
  note(report.dropped, 'packets dropped by the capture, according to its statistics');
  if (skipped.linkTypes.length > 0)
    lines.push(colours.yellow('  packets of these link types cannot be read: capture on an interface with IP packets'));
  if (report.problem !== undefined) lines.push(colours.yellow(`  ${clean(report.problem)}`));
  if (counts.mptcp === 0) lines.push('  no MPTCP connections');
  return lines.join('\n');
}
