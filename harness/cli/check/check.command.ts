import { Option, type Command } from 'commander';
import type { CheckOptions } from './check.ts';
import { positive } from '../inputs/arguments.ts';

/** `check`: the monitors on any capture. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('judge any capture by what holds for every packet')
    .description('Judges the packets of captures by the clauses of RFC 8684 that hold for every packet a stack sends.')
    .argument('<file...>', 'pcap or pcapng, gzipped or not; - for standard input')
    .addOption(new Option('--connection <n>', 'only this connection, by its number in the list').argParser(positive))
    .option('--json <file>', 'write what was found there; - for standard output')
    .option('--html <file>', 'write a page with ladder diagrams there; - for standard output')
    .option(
      '--complete',
      'the captures were made at one end, of all its paths, and lack nothing: what is not in them did not happen',
      false,
    )
    .option('--info', 'say what each MAY turned out to be, and what could not be judged', false)
    .addHelpText(
      'after',
      `
Link layers: Ethernet, Linux cooked (v1, v2), raw IP, loopback, with VLAN tags.

Examples:
  mptcp-conformance check trace.pcapng                   every MPTCP connection in it
  mptcp-conformance check trace.pcap.gz --html page.html with ladder diagrams
  tcpdump -i any -w - tcp | mptcp-conformance check -    live: a connection is reported when it is over

Exit codes: 0 no MUST is broken, 1 one is, 2 a file could not be read.`,
    )
    .action(async (files: string[], options: CheckOptions) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(files, options);
    });
}
