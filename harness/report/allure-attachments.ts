/** Files and pictures of a scenario as Allure attachments. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import { ladderSvg } from './ladder-svg.tsx';
import { packetLabel } from './ladder-text.ts';
import { packetDiffPage } from './packet-diff-page.tsx';
import type { ScenarioResult } from '../verdict/result.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import { isKept } from '../verdict/verdict.ts';

/** Files to attach, absolute paths. */
export interface AllureFiles {
  pcap?: string;
  /** The ladder as SVG; drawn from the result when absent. */
  ladderSvg?: string;
  agentLog?: string;
  /** Capture at the server's end, and the plot of the paths, where two stacks are judged. */
  serverPcap?: string;
  plot?: string;
}

/**
 * The attachments, those that help most first. Only what needs attention has the picture and the logs: those of three
 * thousand scenarios would be 100 MB.
 *
 * @throws Error when a file to attach is missing
 */
export function attachments(result: ScenarioResult, files: AllureFiles): RuntimeMessage[] {
  const outcome = outcomeOf(result);
  if (outcome === 'declared')
    return [...difference(result), ...packets(result), ...captures(result, files), ...paths(result, files)];
  if (isKept(outcome)) return [...packets(result), ...paths(result, files)];
  return [
    ...difference(result),
    ...ladder(result, files.ladderSvg),
    ...captures(result, files),
    ...paths(result, files),
    ...fromFile(result, 'agent log', files.agentLog, 'text/plain', '.log'),
    inlineJson('MPTCP counters', result.counters),
  ];
}

function difference(result: ScenarioResult): RuntimeMessage[] {
  const page = packetDiffPage(judgementsOf(result));
  return page === undefined ? [] : [inline('expected and actual, side by side', page, 'text/html', '.html')];
}

function captures(result: ScenarioResult, { pcap, serverPcap }: AllureFiles): RuntimeMessage[] {
  const type = 'application/vnd.tcpdump.pcap';
  return [
    ...fromFile(result, 'capture', pcap, type, extname(pcap ?? '')),
    ...fromFile(result, 'capture at the server', serverPcap, type, '.pcap'),
  ];
}

/** Data of every path over time, where two stacks are judged. */
function paths(result: ScenarioResult, { plot }: AllureFiles): RuntimeMessage[] {
  return [
    ...fromFile(result, 'paths over time', plot, 'image/svg+xml', '.svg'),
    ...(result.measures === undefined ? [] : [inlineJson('measures', result.measures)]),
  ];
}

function packets({ ladder }: ScenarioResult): RuntimeMessage[] {
  const entries = ladder.filter(({ kind }) => kind === 'packet');
  if (entries.length === 0) return [];
  const lines = entries.map(
    (one) => `${one.at.toFixed(3)} ${one.direction === 'out' ? '>' : '<'} ${packetLabel(one)}\n`,
  );
  const text = `ms, > from the tester, < from the stack\n${lines.join('')}`;
  return [inline('packets', text, 'text/plain', '.txt')];
}

function fromFile(
  { id }: ScenarioResult,
  name: string,
  path: string | undefined,
  contentType: string,
  fileExtension: string,
): RuntimeMessage[] {
  if (path === undefined) return [];
  if (!existsSync(path)) throw new Error(`${id}: the ${name} to attach is missing: ${path}; is the disk full?`);
  return [{ type: 'attachment_path', data: { name, path, contentType, fileExtension, wrapInStep: false } }];
}

function inline(name: string, text: string, contentType: string, fileExtension: string): RuntimeMessage {
  const content = Buffer.from(text).toString('base64');
  return {
    type: 'attachment_content',
    data: { name, content, encoding: 'base64', contentType, fileExtension, wrapInStep: false },
  };
}

function inlineJson(name: string, value: unknown): RuntimeMessage {
  return inline(name, `${JSON.stringify(value, undefined, 2)}\n`, 'application/json', '.json');
}

function ladder(result: ScenarioResult, path: string | undefined): RuntimeMessage[] {
  const name = 'ladder diagram';
  const type = 'image/svg+xml';
  if (path !== undefined) return fromFile(result, name, path, type, '.svg');
  if (result.ladder.length === 0) return [];
  return [inline(name, ladderSvg(result.ladder, { title: result.title, subtitle: result.id }), type, '.svg')];
}
