/**
 * Many concurrent tests that get in each other's way on purpose: they wait for one another through a shared emitter, so
 * that each is woken from inside another's async context, and queue for a shared slot.
 */
import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportToAllure } from '../../allure.ts';
import { expectation, failure, scenario } from '../sample.ts';
import type { ScenarioResult } from '../../../verdict/result.ts';
import type { Verdict } from '../../../verdict/verdict.ts';

const COUNT = Number(process.env['FIXTURE_COUNT'] ?? '60');
const VERDICTS: Verdict[] = ['pass', 'fail', 'warn', 'inconclusive', 'error', 'info'];
const baton = new EventEmitter().setMaxListeners(0);
const waiting: (() => void)[] = [];
let free = 4;

async function withSlot<T>(work: () => Promise<T>): Promise<T> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free--;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
}

function resultOf(index: number): ScenarioResult {
  const tag = `n${index}n`;
  const verdict = VERDICTS[index % VERDICTS.length] ?? 'pass';
  const own = { clause: `3.${index}-1.s1`, step: `step ${tag}`, message: `message ${tag}`, actual: `a RST ${tag}` };
  const declared =
    index % 12 === 1 ? { declared: { reason: `declared ${tag}`, link: `https://example.org/${tag}` } } : {};
  const trouble =
    index === 13
      ? { trouble: { kind: 'panic' as const, title: 'Kernel panic - not syncing', alone: true, console: '' } }
      : {};
  return scenario({
    ...trouble,
    id: `3.${index}/suite/${tag}#ipv4`,
    title: `title ${tag}`,
    section: `3.${index}`,
    verdict,
    reason: `reason ${tag}`,
    parameters: { tag },
    counters: { [tag]: index },
    rerun: `again ${tag}`,
    ...declared,
    expectations: Array.from({ length: 1 + (index % 4) }, () =>
      verdict === 'fail' || verdict === 'warn' ? failure({ ...own, verdict }) : expectation(own),
    ),
    ladder: [
      { at: index, kind: 'note', text: `ladder ${tag}` },
      { at: index, kind: 'packet', direction: 'out', text: `a ACK ${tag}` },
    ],
  });
}

describe('concurrent', () => {
  for (let index = 0; index < COUNT; index++) {
    test.concurrent(`scenario ${index}`, async () => {
      const result = await withSlot(async () => {
        const woken =
          index % 3 === 0 ? undefined : once(baton, 'pass', { signal: AbortSignal.timeout(200) }).catch(() => []);
        await new Promise((resolve) => setTimeout(resolve, (index * 7) % 23));
        baton.emit('pass');
        await woken;
        return resultOf(index);
      });
      expect(result.id).toContain('n');
      const folder = join(process.env['FIXTURE_RESULTS'] ?? '', '..', 'evidence', String(index));
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'capture.pcap'), `pcap ${result.parameters['tag'] ?? ''}`);
      writeFileSync(join(folder, 'agent.log'), `agent ${result.parameters['tag'] ?? ''}`);
      const files = { pcap: join(folder, 'capture.pcap'), agentLog: join(folder, 'agent.log') };
      expect(reportToAllure(result, [], files)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, (index * 5) % 11));
      if (result.verdict === 'fail' && result.declared === undefined) throw new Error(`vitest says ${index}`);
    });
  }
});
