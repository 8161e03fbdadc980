/** `doctor`: what this machine can do. */
import { coloursOf, styleFor, wrap, type TextStyle } from '../../report/text-layout.ts';
import { enterCommand } from '../../topology/tester-namespace.ts';
import { checkAgent, checkCompiler, checkMake } from './agent.ts';
import { lacks, works, type Check } from '../../topology/machine/check.ts';
import { insideChecks } from './inside.ts';
import { stackChecks } from '../../topology/stacks/registry.ts';
import { runProgram } from '../../topology/machine/program.ts';
import { checkIproute, checkTshark, checkUnshare } from './programs.ts';
import { checkDisk, checkKernel, checkNode } from './system.ts';
import { namespaceProblem } from '../run/namespaces.ts';
import { projectRoot } from '../inputs/project.ts';

/** Makes every check, prints what came of it, and returns the exit code. */
export async function doctor(options: { json: boolean }): Promise<0 | 2> {
  const checks = await examine();
  const canRun = checks.every((check) => check.works || !check.needed);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ canRun, checks }, undefined, 1)}\n`
      : `${reportText(checks, canRun, styleFor(process.stdout))}\n`,
  );
  return canRun ? 0 : 2;
}

/** The checks that need a namespace, for the process that `doctor` starts in one. Prints JSON. */
export async function doctorInside(agent: string): Promise<void> {
  process.stdout.write(`${JSON.stringify(await insideChecks(agent === 'none' ? undefined : agent))}\n`);
}

async function examine(): Promise<Check[]> {
  // The guests keep a processor busy, so that what is quick is done beside them.
  const stacks = stackChecks();
  const programs = await Promise.all([checkUnshare(), checkIproute(), checkCompiler(), checkMake()]);
  const agent = await checkAgent(projectRoot());
  const namespaces = await checkNamespaces(agent.path);
  const tshark = await checkTshark();
  return [checkNode(), checkKernel(), checkDisk(), ...programs, agent.check, ...namespaces, tshark, ...(await stacks)];
}

/** Namespaces, and everything that can only be tried inside. */
async function checkNamespaces(agent: string | undefined): Promise<Check[]> {
  const subject = {
    id: 'namespaces',
    title: process.getuid?.() === 0 ? 'network namespaces' : 'user and network namespaces',
    needed: true,
  };
  const problem = namespaceProblem();
  if (problem !== undefined) return [lacks(subject, problem.message, problem.remedy)];
  const made = works(subject, 'created and removed');
  const command = [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'doctor-inside', agent ?? 'none'];
  const { code, stdout, said } = await runProgram(enterCommand(command), { limitMs: 20_000 });
  if (code === 0) return [made, ...(JSON.parse(stdout) as Check[])];
  const inside = { id: 'inside', title: 'checks inside of a namespace', needed: true };
  return [made, lacks(inside, said.split('\n')[0] ?? '', 'this is a bug in the program: please report it')];
}

function reportText(checks: readonly Check[], canRun: boolean, style: TextStyle): string {
  const colours = coloursOf(style);
  const width = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap((check) => {
    const sign = check.works ? colours.green('✔') : check.needed ? colours.red('✘') : colours.yellow('-');
    const indent = ' '.repeat(width + 4);
    const [first = '', ...rest] = wrap(check.detail, Math.max(30, style.width - width - 4));
    return [
      `${sign} ${check.title.padEnd(width)}  ${check.works ? colours.dim(first) : first}`,
      ...rest.map((line) => `${indent}${check.works ? colours.dim(line) : line}`),
      ...(check.remedy === undefined ? [] : [`${indent}${colours.bold(`→ ${check.remedy}`)}`]),
    ];
  });
  const closing = canRun
    ? colours.green('"mptcp-conformance run" can work here.')
    : colours.red('"mptcp-conformance run" cannot work here: see ✘.');
  return [...lines, '', closing].join('\n');
}
