/** Can the agent be built? It acts as the application on the stack's side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureAgent } from '../../sut/build-agent.ts';
import { firstLine, lacks, works, type Check } from '../../topology/machine/check.ts';
import { runProgram } from '../../topology/machine/program.ts';

/** Is there a C compiler that makes static programs? A program is compiled and run. */
export async function checkCompiler(): Promise<Check> {
  const subject = { id: 'compiler', title: 'C compiler, static libc', needed: false };
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-doctor-'));
  const program = join(folder, 'program');
  try {
    const source = '#include <stdio.h>\nint main(void) { return puts("works") < 0; }\n';
    const compiled = await runProgram(['cc', '-static', '-x', 'c', '-o', program, '-'], { input: source });
    if (compiled.isMissing) return lacks(subject, 'no cc on the PATH', 'sudo apt-get install -y gcc libc6-dev');
    if (compiled.code !== 0) {
      return lacks(
        subject,
        `cc -static fails: ${compiled.said.split('\n').at(-1) ?? ''}`,
        'sudo apt-get install -y libc6-dev (Fedora: glibc-static)',
      );
    }
    const ran = await runProgram([program]);
    if (ran.code !== 0)
      return lacks(
        subject,
        `a compiled program does not run: ${ran.said}`,
        `check that ${tmpdir()} is not mounted noexec, or set TMPDIR`,
      );
    const version = await runProgram(['cc', '--version']);
    return works(subject, version.said.split('\n')[0] ?? '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Is make there? */
export async function checkMake(): Promise<Check> {
  const subject = { id: 'make', title: 'make', needed: false };
  const { code, said } = await runProgram(['make', '--version']);
  return code === 0
    ? works(subject, said.split('\n')[0] ?? '')
    : lacks(subject, 'not found', 'sudo apt-get install -y make');
}

/** Is the agent there, or can it be built? Builds it, as a run would. Gives its path too. */
export async function checkAgent(root: string): Promise<{ check: Check; path?: string }> {
  const subject = { id: 'agent', title: "agent (the application's side)", needed: true };
  try {
    const path = await ensureAgent(root);
    return { check: works(subject, path), path };
  } catch (error) {
    return { check: lacks(subject, firstLine(error), 'sudo apt-get install -y gcc make libc6-dev') };
  }
}
