#!/usr/bin/env node
/** Compares two results files scenario by scenario: `node scripts/compare-verdicts.mjs A.json B.json`. Exits with 1 when they differ. */
import { readFileSync } from 'node:fs';

const files = process.argv.slice(2);
if (files.length !== 2) {
  process.stderr.write('usage: node scripts/compare-verdicts.mjs A.json B.json\n');
  process.exit(2);
}
const [a, b] = files.map((file) => new Map(JSON.parse(readFileSync(file, 'utf8')).scenarios.map((one) => [one.id, one])));
let differences = 0;
for (const id of new Set([...a.keys(), ...b.keys()])) {
  const [left, right] = [a.get(id)?.verdict ?? 'not run', b.get(id)?.verdict ?? 'not run'];
  if (left === right) continue;
  differences++;
  process.stdout.write(`${id}: ${left} against ${right}${b.get(id)?.reason === undefined ? '' : `: ${b.get(id).reason}`}\n`);
}
process.stdout.write(`${a.size} and ${b.size} scenarios: ${differences === 0 ? 'the same verdicts' : `${differences} differ`}\n`);
process.exitCode = differences === 0 ? 0 : 1;
