/** Baselines on disk: a deviations file that people write, and the verdicts recorded beside it. */
import { ExplainedError } from '../document/explained-error.ts';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectSchema } from '../document/schema.ts';
import { recordVerdicts, VERDICTS_VERSION, type Baseline, type RecordedVerdicts } from './baseline.ts';
import { NO_DEVIATIONS } from './deviations.ts';
import { loadDeviations } from './deviations-file.ts';
import { readResults, writeWhole } from './results-file.ts';

/** A baseline that cannot be used; the message says what to do. */
export class BaselineError extends ExplainedError {
  override readonly name = 'BaselineError';
}

/** The file of recorded verdicts that belongs to a deviations file: `linux-6.18.verdicts.json` beside `linux-6.18.yaml`. */
export function verdictsFile(baseline: string): string {
  return join(dirname(baseline), `${basename(baseline).replace(/\.ya?ml$/, '')}.verdicts.json`);
}

/**
 * Loads what a run is compared with: a deviations file with the verdicts recorded beside it, or the `results.json` of
 * an earlier run.
 *
 * @throws BaselineError when there is none, or its verdicts cannot be read
 * @throws DocumentError when the deviations file is wrong
 * @throws ResultsFileError when it is not a results file
 */
export function loadBaseline(file: string): Baseline {
  if (!existsSync(file)) {
    throw new BaselineError(
      `no baseline ${file}; "mptcp-conformance gate --baseline ${file} --init" records one from the results`,
    );
  }
  if (file.endsWith('.json')) return { file, declared: NO_DEVIATIONS, verdicts: recordVerdicts(readResults(file)) };
  const beside = verdictsFile(file);
  return { file, declared: loadDeviations(file), ...(existsSync(beside) ? { verdicts: readVerdicts(beside) } : {}) };
}

function readVerdicts(file: string): RecordedVerdicts {
  const value = parse(file);
  const { kind, schemaVersion } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<'kind' | 'schemaVersion', unknown>
  >;
  if (kind !== 'verdicts' || typeof schemaVersion !== 'number') {
    throw new BaselineError(
      `${file}: JSON without recorded verdicts; expected a file written by "mptcp-conformance gate --update"`,
    );
  }
  if (schemaVersion !== VERDICTS_VERSION) {
    throw new BaselineError(
      `${file}: schema version ${schemaVersion}, this tool reads ${VERDICTS_VERSION}; use the version that wrote it`,
    );
  }
  const validate = projectSchema('reports/schema/verdicts.schema.json');
  if (validate(value)) return value as RecordedVerdicts;
  const problems = (validate.errors ?? [])
    .slice(0, 3)
    .map((error) => `${error.instancePath || '/'} ${error.message ?? 'is wrong'}`);
  throw new BaselineError(
    `${file}: does not match reports/schema/verdicts.schema.json: ${problems.join('; ')}; record it again`,
  );
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BaselineError(`${file}: not JSON: ${(error as Error).message}; restore it, or record it again`, {
      cause: error,
    });
  }
}

/** Writes recorded verdicts, one a line, so that a change of one is a change of one line. @throws ResultsFileError */
export function writeVerdicts(file: string, verdicts: RecordedVerdicts): void {
  writeWhole(file, `${JSON.stringify(verdicts, undefined, 1)}\n`);
}

/** The text of a deviations file without declarations, to begin with. */
export function emptyDeviations(sut: string, kernel: string): string {
  const version = /^\d+\.\d+/.exec(kernel)?.[0];
  return [
    `# Deviations of ${sut} from RFC 8684. Each finding has a title, a reason, and the scenarios that show it.`,
    `sut: ${JSON.stringify(sut)}`,
    ...(version === undefined ? [] : [`kernel: "${version}"`]),
    'findings: {}',
    '',
  ].join('\n');
}
