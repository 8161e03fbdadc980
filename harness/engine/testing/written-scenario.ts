/** A scenario of steps that a test writes out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSuite, openLibrary } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/suite.ts';

const SUITES = join(import.meta.dirname, '..', '..', '..', 'suites');

/** Loads a suite with one scenario of the responder. @param steps one YAML line each */
export function scenarioOf(steps: readonly string[], family = 'ipv4'): Scenario {
  const folder = mkdtempSync(join(tmpdir(), 'written-scenario-'));
  try {
    const file = join(folder, 'probe.suite.yaml');
    const body = steps.map((step) => `      - ${step}\n`).join('');
    const head = `title: Probe\nsection: "3.1"\nsut: responder\nscenarios:\n  probe:\n    title: Probe\n    family: [${family}]\n`;
    writeFileSync(file, `${head}    steps:\n${body}`);
    const [loaded] = loadSuite(file, openLibrary(SUITES));
    if (loaded === undefined) throw new Error('no scenario');
    return loaded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
