/** Copies captures into the site and draws ladders. What the files hold is not trusted. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LadderEntry } from '../engine/result.ts';
import { ladderSvg } from '../report/ladder-svg.ts';
import { outcomeOf, type ScenarioRecord } from '../report/results.ts';
import { scenariosToDraw, uniqueSlugs, type Stack } from './model.ts';

/** First bytes of pcap (microseconds, nanoseconds, either byte order) and pcapng. */
const CAPTURE_MAGIC = new Set(['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a']);
const KINDS = new Set(['packet', 'step', 'agent', 'note']);

/**
 * Puts a stack's evidence into the site, and notes in the stack where it is.
 *
 * @param stack its `evidence` is filled
 * @param from folder that the results' paths are relative to
 * @param site the site's root folder
 * @returns what was to be there and is not, or is something else: one line each
 */
export function placeEvidence(stack: Stack, from: string, site: string): string[] {
  const folder = `evidence/${stack.slug}`;
  mkdirSync(join(site, folder), { recursive: true });
  const problems: string[] = [];
  const drawn = scenariosToDraw(stack);
  const names = uniqueSlugs(stack.run.scenarios.map(({ id }) => id));
  for (const [index, scenario] of stack.run.scenarios.entries()) {
    const base = `${folder}/${names[index] ?? index}`;
    const { pcap, ladder } = scenario.evidence;
    const attempt = (
      path: string | undefined,
      suffix: string,
      make: (path: string) => string | Buffer,
    ): string | undefined => {
      if (path === undefined) return undefined;
      try {
        writeFileSync(join(site, base + suffix), make(resolve(from, path)));
        return base + suffix;
      } catch (error) {
        if (!isMissingOrWrong(error)) throw error;
        problems.push(`${scenario.id}: ${error.message}`);
        return undefined;
      }
    };
    const placed = {
      pcap: attempt(pcap, '.pcap', readCapture),
      ladder: drawn.has(scenario.id) ? attempt(ladder, '.svg', (path) => drawLadder(path, scenario)) : undefined,
    };
    stack.evidence.set(scenario.id, {
      ...(placed.pcap === undefined ? {} : { pcap: placed.pcap }),
      ...(placed.ladder === undefined ? {} : { ladder: placed.ladder }),
    });
  }
  return problems;
}

/** Evidence that is not what it should be. */
class WrongEvidence extends Error {
  override readonly name = 'WrongEvidence';
}

function isMissingOrWrong(error: unknown): error is Error {
  return (
    error instanceof WrongEvidence ||
    ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  );
}

function readCapture(path: string): Buffer {
  const bytes = readFileSync(path);
  if (CAPTURE_MAGIC.has(bytes.subarray(0, 4).toString('hex'))) return bytes;
  throw new WrongEvidence(`${path} is no capture file; expected pcap or pcapng`);
}

function drawLadder(path: string, scenario: ScenarioRecord): string {
  return ladderSvg(readLadder(path), { title: scenario.title, subtitle: `${scenario.id}: ${outcomeOf(scenario)}` });
}

function readLadder(path: string): LadderEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WrongEvidence(`${path} is not JSON; expected the entries of a ladder diagram`);
  }
  if (Array.isArray(value) && value.every(isEntry)) return value;
  throw new WrongEvidence(`${path} holds something else than the entries of a ladder diagram`);
}

function isEntry(value: unknown): value is LadderEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { at, kind, text, subflow, clause } = value as Partial<Record<keyof LadderEntry, unknown>>;
  const isText = (one: unknown): boolean => one === undefined || typeof one === 'string';
  return (
    typeof at === 'number' && typeof text === 'string' && KINDS.has(kind as string) && isText(subflow) && isText(clause)
  );
}
