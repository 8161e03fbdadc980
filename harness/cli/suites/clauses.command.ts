import type { Command } from 'commander';
import type { ClausesOptions } from './clauses.ts';
import { UsageError } from '../../document/explained-error.ts';
import { LAST_RUNS, list, withSuites } from '../inputs/arguments.ts';

/** `clauses`: the catalogue, with what judges each clause. */
export function addClauses(program: Command): void {
  withSuites(program.command('clauses'))
    .summary('list the clauses of RFC 8684, what judges each, and the last verdict')
    .description(
      `Lists the requirements of RFC 8684, clause by clause: its level, how many scenarios and monitors judge it,
and the verdict of the last run, if any. Ends with the number of observable clauses that are judged.`,
    )
    .option('-s, --section <sections>', 'sections, with their subsections: 3.1,3.3', list)
    .option('-l, --level <levels>', 'must, stated, should, advice, may', list)
    .option('-u, --uncovered', 'only observable clauses that are not judged yet', false)
    .option('-r, --results <file>', `results of a run (default: the newest of ${LAST_RUNS})`)
    .option(
      '--lines [tracefile]',
      'instead: the lines of the kernel that no scenario reached, from the lcov.info of the last run or of a file',
    )
    .option('--tree <folder>', 'with --lines: source of that kernel, to show the lines')
    .option('--json', 'print JSON, an object for each clause', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance clauses --section 3.2
  mptcp-conformance clauses --level must --uncovered
  mptcp-conformance clauses --lines --tree ~/linux
  mptcp-conformance clauses --json | jq '.[] | select(.verdict == "fail") | .id'

Exit codes: 0 listed, 2 the section or level does not exist, or the results cannot be read.`,
    )
    .action(
      async ({
        section,
        level,
        lines,
        tree,
        ...rest
      }: { section?: string[]; level?: string[]; lines?: string | true; tree?: string } & Omit<
        ClausesOptions,
        'sections' | 'levels'
      >) => {
        if (lines !== undefined) {
          const { printUnreached } = await import('./unreached-lines.ts');
          printUnreached(lines, tree, rest.results);
          return;
        }
        if (tree !== undefined) throw new UsageError('--tree goes with --lines');
        const { listClauses } = await import('./clauses.ts');
        listClauses({ ...rest, sections: section ?? [], levels: level ?? [] });
      },
    );
}
