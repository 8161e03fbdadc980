import { Option, type Command } from 'commander';
import type { CheckOptions } from './check.ts';
import { list, positive } from '../inputs/arguments.ts';

/** `check`: the monitors on any capture. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('check the MPTCP connections in a capture')
    .description('Judges the packets of captures by the clauses of RFC 8684 that can be decided from packets alone.')
    .argument('<file...>', 'pcap or pcapng, gzipped or not; - for standard input')
    .addOption(new Option('--connection <n>', 'only this connection, by its number in the list').argParser(positive))
    .option('--host <addresses>', 'only findings against the hosts with these addresses, not against their peers', list)
    .option('-s, --section <sections>', 'only findings of these sections of RFC 8684, with their subsections', list)
    .option('-c, --clause <clauses>', 'only findings of these clauses: 3.3-7.s6', list)
    .option('-l, --level <levels>', 'only findings of this level: must, stated, should, advice, may', list)
    .option('--only-broken', 'only connections with a broken clause', false)
    .option('--overview', 'print only the overview: clauses by count, hosts', false)
    .option('--deviations <file>', 'mark what FILE declares; also the name of a baseline: linux-6.18')
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
  mptcp-conformance check trace.pcap --overview          clauses by count, hosts
  mptcp-conformance check trace.pcap --host 192.0.2.1 --level must,stated --only-broken
                                                         what one host breaks, not its peers
  mptcp-conformance check trace.pcap --deviations linux-6.18
                                                         without what Linux 6.18 is known to do
  tcpdump -i any -w - tcp | mptcp-conformance check -    live: reports each connection when it ends

The overview follows the connections of captures with more than one. In Wireshark, frame.number == N shows packet N.

Exit codes: 0 no MUST is broken (of what is selected, and not declared), 1 a MUST is broken, 2 a file could not be read, or has an unknown link
layer and no MPTCP connections.`,
    )
    .action(async (files: string[], options: CheckOptions) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(files, options);
    });
}
