import type { Command } from 'commander';

/** `doctor`: what this machine can do. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check what this machine can run, and what is missing')
    .description(
      `Checks what this machine can run, one line per check, with a remedy for each missing part. It tries
instead of guessing: it creates namespaces, opens sockets in them, builds the agent, starts a tiny guest under KVM.
It removes everything that it creates.`,
    )
    .option('--json', 'print JSON, an object for each check', false)
    .addHelpText(
      'after',
      `
Symbols: ✔ works, ✘ missing and "run" needs it, - missing and only some uses need it.

Exit codes: 0 "run" can work here, 2 it cannot.`,
    )
    .action(async (options: { json: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      process.exitCode = await doctor(options);
    });
  program
    .command('doctor-inside', { hidden: true })
    .description('the checks that doctor makes inside a namespace; JSON')
    .argument('<agent>', 'path of the agent\'s program, or "none"')
    .action(async (agent: string) => {
      const { doctorInside } = await import('./doctor.ts');
      await doctorInside(agent);
    });
}
