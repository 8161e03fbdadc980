/** `export`: results for other tools. */
import { toAnnotations } from '../../report/export/annotations.ts';
import { toJunit } from '../../report/export/junit.ts';
import { toKcidb } from '../../report/export/kcidb.ts';
import { toKtap, toTap } from '../../report/export/tap.ts';
import type { GateLevel } from '../../report/baseline.ts';
import { readRuns } from '../../report/results-file.ts';
import type { RunResults } from '../../report/results.ts';
import type { ExportFormat } from '../../report/export/formats.ts';
import { STANDARD_OUTPUT, writeOutput } from '../inputs/output-file.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Options of the command. */
export interface ExportCommandOptions {
  format: ExportFormat;
  level: GateLevel;
  output?: string;
  origin: string;
  build?: string;
}

/** Runs the command. @throws ResultsFileError, UsageError; nothing is written then */
export function exportResults(file: string, options: ExportCommandOptions): void {
  const text = render(readRuns(file), options);
  writeOutput(options.output ?? STANDARD_OUTPUT, text);
}

function render(runs: readonly RunResults[], options: ExportCommandOptions): string {
  switch (options.format) {
    case 'junit':
      return toJunit(runs, options);
    case 'tap':
      return toTap(runs, options);
    case 'ktap':
      return toKtap(runs, options);
    case 'github':
      return toAnnotations(runs, options);
    case 'kcidb':
      try {
        return toKcidb(runs, options);
      } catch (error) {
        if (error instanceof RangeError) throw new UsageError(error.message);
        throw error;
      }
  }
}
