import { Option, type Command } from 'commander';
import type { CheckOptions } from './check.ts';
import { positive } from '../inputs/arguments.ts';

/** `check`: the monitors on any capture. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('check the MPTCP connections in a capture')
    .description('Judges the packets of captures by the clauses of RFC 8684 that can be decided from packets alone.')
    .argument('<file...>', 'pcap or pcapng, gzipped or not; - for standard input')
    .addOption(new Option('--connection <n>', 'only this connection, by its number in the list').argParser(positive))
    .option('--json <file>', 'write the results to FILE; - for standard output')
    .option('--html <file>', 'write a page with ladder diagrams to FILE; - for standard output')
    .option(
      '--complete',
      'the captures were made at one host, on all its paths, without drops: packets that are not in them were not sent',
      false,
    )
    .option('--info', 'show the observed choice for each MAY, and what could not be judged', false)
    .addHelpText(
      'after',
      `
Link layers: Ethernet, Linux cooked (v1, v2), PPP, MPLS, raw IP, loopback; past VLAN tags, PPPoE, MPLS, GRE, ERSPAN, VXLAN, Geneve
and IP in IP. Other packets are named and counted.

Examples:
  mptcp-conformance check trace.pcapng                   every MPTCP connection of a capture
  mptcp-conformance check trace.pcap.gz --html page.html with ladder diagrams
  tcpdump -i any -w - tcp | mptcp-conformance check -    live: reports each connection when it ends

Exit codes: 0 no MUST is broken, 1 a MUST is broken, 2 a file could not be read, or has an unknown link
layer and no MPTCP connections.`,
    )
    .action(async (files: string[], options: CheckOptions) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(files, options);
    });
}
