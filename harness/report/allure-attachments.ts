/** Files and pictures of a scenario as Allure attachments. */
import { existsSync } from 'node:fs';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import { ladderSvg } from './ladder-svg.tsx';
import { packetDiffPage } from './packet-diff-page.tsx';
import type { ScenarioResult } from '../verdict/result.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';

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

/** The attachments, those that help most first. @throws Error when a file to attach is missing */
export function attachments(result: ScenarioResult, files: AllureFiles): RuntimeMessage[] {
  const diff = packetDiffPage(judgementsOf(result));
  const capture = 'application/vnd.tcpdump.pcap';
  return [
    ...(diff === undefined ? [] : [inline('expected and actual, side by side', diff, 'text/html', '.html')]),
    ...ladder(result, files.ladderSvg),
    ...fromFile(result, 'capture', files.pcap, capture, '.pcap'),
    ...fromFile(result, 'capture at the server', files.serverPcap, capture, '.pcap'),
    ...fromFile(result, 'paths over time', files.plot, 'image/svg+xml', '.svg'),
    ...(result.measures === undefined ? [] : [inlineJson('measures', result.measures)]),
    ...fromFile(result, 'agent log', files.agentLog, 'text/plain', '.log'),
    inlineJson('MPTCP counters', result.counters),
  ];
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
