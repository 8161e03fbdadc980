/** Copies captures into the site and draws ladders. The contents of the files are not trusted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { readLadder } from '../report/ladder-file.ts';
import { ladderSvg } from '../report/ladder-svg.tsx';
import { ResultsFileError } from '../report/results-file.ts';
import type { ScenarioRecord } from '../report/results.ts';
import { scenariosToDraw, uniqueSlugs, type SiteEvidence, type Stack } from './model.ts';
import { outcomeOf } from '../verdict/scenario-verdict.ts';

/** First bytes of pcap (microseconds, nanoseconds, either byte order) and pcapng. */
const CAPTURE_MAGIC = new Set(['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a']);

/** Evidence that {@link placeEvidence} has put into the site. */
export interface PlacedEvidence {
  /** By scenario id. */
  evidence: Map<string, SiteEvidence>;
  /** Files that are missing, or are not evidence: one line each. */
  problems: string[];
}

/**
 * Puts a stack's evidence into the site.
 *
 * @param from folder that the results' paths are relative to
 * @param site the site's root folder
 */
export function placeEvidence(stack: Stack, from: string, site: string): PlacedEvidence {
  const folder = `evidence/${stack.slug}`;
  makeFolder(join(site, folder));
  const problems: string[] = [];
  const evidence = new Map<string, SiteEvidence>();
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
      pcap: attempt(pcap, extname(pcap ?? ''), readCapture),
      ladder: drawn.has(scenario.id) ? attempt(ladder, '.svg', (path) => drawLadder(path, scenario)) : undefined,
    };
    evidence.set(scenario.id, {
      ...(placed.pcap === undefined ? {} : { pcap: placed.pcap }),
      ...(placed.ladder === undefined ? {} : { ladder: placed.ladder }),
    });
  }
  return { evidence, problems };
}

function isMissingOrWrong(error: unknown): error is Error {
  return (
    error instanceof ResultsFileError ||
    ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  );
}

function readCapture(path: string): Buffer {
  const bytes = readFileSync(path);
  if (CAPTURE_MAGIC.has(bytes.subarray(0, 4).toString('hex'))) return bytes;
  throw new ResultsFileError(path, 'foreign', 'not a capture file; expected pcap or pcapng');
}

function drawLadder(path: string, scenario: ScenarioRecord): string {
  return ladderSvg(readLadder(path), { title: scenario.title, subtitle: `${scenario.id}: ${outcomeOf(scenario)}` });
}
