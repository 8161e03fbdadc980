/** Checks of programs that are called. */
import { lacks, works, type Check, type Subject } from '../../topology/machine/check.ts';
import { runProgram } from '../../topology/machine/program.ts';

async function checkProgram(subject: Subject, command: readonly string[], remedy: string): Promise<Check> {
  const { code, said, isMissing } = await runProgram(command);
  if (isMissing) return lacks(subject, 'not found', remedy);
  const line = said.split('\n').find((one) => one !== '' && !one.startsWith('Running as user')) ?? '';
  return code === 0
    ? works(subject, line)
    : lacks(subject, `${command.join(' ')} ended with ${code ?? 'a signal'}: ${line}`, remedy);
}

/** iproute2, which builds the links. */
export function checkIproute(): Promise<Check> {
  return checkProgram(
    { id: 'iproute2', title: 'iproute2', needed: true },
    ['ip', '-V'],
    'sudo apt-get install -y iproute2',
  );
}

/** util-linux, which makes the namespaces. */
export function checkUnshare(): Promise<Check> {
  return checkProgram(
    { id: 'unshare', title: 'unshare', needed: true },
    ['unshare', '--version'],
    'sudo apt-get install -y util-linux',
  );
}

/** tshark, the oracle of the project's own tests. */
export function checkTshark(): Promise<Check> {
  const subject = { id: 'tshark', title: "tshark (the project's own tests)", needed: false };
  return checkProgram(subject, ['tshark', '--version'], 'sudo apt-get install -y tshark');
}
