/** The command line: says what there is. What a command does is loaded when it is called. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { projectFile } from '../document/project-file.ts';
import { addBisect } from './commands/bisect.ts';
import { addCheck } from './commands/check.ts';
import { addClauses } from './commands/clauses.ts';
import { addClean } from './commands/clean.ts';
import { addCompletion } from './commands/completion.ts';
import { addCoverage } from './commands/coverage.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addExport } from './commands/export.ts';
import { addFreedoms } from './commands/freedoms.ts';
import { addGate } from './commands/gate.ts';
import { addKernelConfig } from './commands/kernel-config.ts';
import { addKernels } from './commands/kernels.ts';
import { addLint } from './commands/lint.ts';
import { addList } from './commands/list.ts';
import { addMatrix } from './commands/matrix.ts';
import { addMerge } from './commands/merge.ts';
import { addMutants } from './commands/mutants.ts';
import { addProve } from './commands/prove.ts';
import { addReference } from './commands/reference.ts';
import { addRun } from './commands/run.ts';
import { addShow } from './commands/show.ts';
import { addSite } from './commands/site.ts';
import { addVitest } from './commands/vitest.ts';

/** Builds the command line. @param argv what was given, for commands that start themselves again in a namespace */
export function buildProgram(argv: readonly string[]): Command {
  const { version } = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string };
  const program = new Command('mptcp-conformance')
    .description('Says, clause by clause, where a Multipath TCP stack departs from RFC 8684.')
    .version(version)
    // Commands take these over when they are made.
    .exitOverride()
    .showHelpAfterError('(--help explains)')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance run                                  judge this machine's kernel by everything there is
  mptcp-conformance run --section 3.1 --family ipv6      one section, one family
  mptcp-conformance run --clause 3.1-20.8.s4             what judges one clause
  mptcp-conformance run ID --ladder                      one scenario and its packets
  mptcp-conformance explain 3.1-20.8.s4                  what a clause asks, and what the last run found
  mptcp-conformance doctor                               what this machine can do, when something does not work

"mptcp-conformance COMMAND --help" explains a command.

Exit codes: 0 no undeclared MUST is broken, 1 one is, 2 the command could not do its job.`,
    );
  addRun(program, argv);
  addList(program);
  addShow(program);
  addCheck(program);
  addClauses(program);
  addExplain(program);
  addBisect(program);
  addKernels(program);
  addKernelConfig(program);
  addLint(program);
  addDoctor(program);
  addClean(program);
  addCompletion(program);
  addCoverage(program);
  addExport(program);
  addFreedoms(program);
  addGate(program);
  addMatrix(program);
  addMerge(program);
  addMutants(program, argv);
  addProve(program);
  addReference(program);
  addSite(program);
  addVitest(program, argv);
  return program;
}
