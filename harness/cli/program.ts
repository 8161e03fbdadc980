/** The command line. The implementation of a command is loaded when it is called. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { projectFile } from '../document/project-file.ts';
import { addAgentCheck } from './doctor/agent-check.command.ts';
import { addBisect } from './compare/bisect.command.ts';
import { addShell } from './run/shell.command.ts';
import { addCheck } from './check/check.command.ts';
import { addClauses } from './suites/clauses.command.ts';
import { addClean } from './machine/clean.command.ts';
import { addCompletion } from './completion/completion.command.ts';
import { addCoverage } from './suites/coverage.command.ts';
import { addDoctor } from './doctor/doctor.command.ts';
import { addExplain } from './suites/explain.command.ts';
import { addExport } from './results/export.command.ts';
import { addFreedoms } from './proof/freedoms.command.ts';
import { addGate } from './compare/gate.command.ts';
import { addInit } from './suites/init.command.ts';
import { addKernelConfig } from './machine/kernel-config.command.ts';
import { addKernels } from './machine/kernels.command.ts';
import { addLint } from './suites/lint.command.ts';
import { addList } from './suites/list.command.ts';
import { addMatrix } from './compare/matrix.command.ts';
import { addMerge } from './results/merge.command.ts';
import { addMutants } from './proof/mutants.command.ts';
import { addProve } from './proof/prove.command.ts';
import { addRecover } from './results/recover.command.ts';
import { addReference } from './proof/reference.command.ts';
import { addRun } from './run/run.command.ts';
import { addShow } from './results/show.command.ts';
import { addSite } from './results/site.command.ts';
import { addVitest } from './run/vitest.command.ts';

/** Builds the command line. @param argv what was given, for commands that start themselves again in a namespace */
export function buildProgram(argv: readonly string[]): Command {
  const { version } = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string };
  const program = new Command('mptcp-conformance')
    .description('Tests a Multipath TCP stack against RFC 8684, clause by clause.')
    .version(version)
    // Commands take these over when they are made.
    .configureHelp({ commandDescription: (command) => unwrapped(command.description()) })
    .exitOverride()
    .showHelpAfterError('(--help explains)')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance run                                  test this machine's kernel with all scenarios
  mptcp-conformance run --section 3.1 --family ipv6      one section, one family
  mptcp-conformance run --clause 3.1-20.8.s4             the scenarios that judge a clause
  mptcp-conformance run ID --ladder                      one scenario and its packets
  mptcp-conformance explain 3.1-20.8.s4                  what a clause requires, and what the last run found
  mptcp-conformance doctor                               check what this machine can run

"mptcp-conformance COMMAND --help" documents a command.

Exit codes: 0 no undeclared MUST is broken, 1 one is broken, 2 the command failed; "run --help" has all.`,
    );
  program.hook('preAction', async (_, command) => {
    const { prepareWorkspace } = await import('./inputs/workspace-options.ts');
    prepareWorkspace(command);
  });
  addRun(program, argv);
  addList(program);
  addShow(program);
  addCheck(program);
  addClauses(program);
  addExplain(program);
  addBisect(program);
  addShell(program);
  addInit(program);
  addKernels(program);
  addKernelConfig(program);
  addLint(program);
  addAgentCheck(program);
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
  addRecover(program);
  addReference(program);
  addSite(program);
  addVitest(program, argv);
  return program;
}

/** A description as commander can wrap it: the source's line ends within a paragraph are spaces. */
function unwrapped(text: string): string {
  return text.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
}
