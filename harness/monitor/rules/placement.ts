/** Options stand on the packets that they belong to. */
import { isMptcp } from '../../packet/index.ts';
import { FLAG } from '../../packet/types.ts';
import { mappingAt } from '../data-level.ts';
import type { Monitor, PacketEvent } from '../types.ts';
import { form } from './rule.ts';

const onSyn = form('options-on-syn', '3-5.s1');
const capable = form('capable-place', '3.1-5.s1');
const oneOpener = form('one-opening-option', '3.1-25.s1');
const alone = form('capable-without-dss', '3.1-15.s6.1');
const tcprst = form('tcprst-place', '3.6-2.1.s1.2');
const fastclose = form('fastclose-place', '3.5-4.s1');
const addAddr = form('add-addr-place', '3.4-4.2.s1');
const fastOpen = form('no-fast-open-on-join', 'B.2-2.s3');
const urgent = form('no-urgent-pointer', '3.3.1-9.s1');

/** Whether the bytes of a packet lie in a mapping that an earlier packet declared; urgent data may have one of its own. */
function isWithinMapping({ sender, mapping, ssn, retransmission }: PacketEvent): boolean {
  if (mapping !== undefined) return sender.mappings.includes(mapping) && !retransmission;
  return ssn !== undefined && mappingAt(sender, ssn) !== undefined;
}

/** Packets on which each option may be. */
export const placement: Monitor = {
  name: 'placement',
  title: 'options stand only on the packets that they belong to',
  rules: [onSyn, capable, oneOpener, alone, tcprst, fastclose, addAddr, fastOpen, urgent],
  create: (_connection, judge) => ({
    packet: (event) => {
      const { options } = event.packet.tcp;
      if (event.syn) {
        const wrong = options.find((one) => isMptcp(one) && one.kind !== 'mp_capable' && one.kind !== 'mp_join');
        judge.check(onSyn, event, wrong === undefined, () => ({
          message: `${event.ack ? 'a SYN/ACK' : 'a SYN'} has an option that does not open a subflow`,
          expected: 'MP_CAPABLE or MP_JOIN',
          actual: wrong?.kind ?? '',
        }));
      }
      if ((event.packet.tcp.flags & FLAG.URG) !== 0 && event.length > 0 && isWithinMapping(event)) {
        judge.broken(urgent, event, {
          message: 'the urgent pointer is used within a mapping that was declared before',
        });
      }
    },
    options: {
      mp_capable: (option, event) => {
        const { flow, sender, syn, ack } = event;
        const first = flow.ends[0] === sender;
        const placed = (syn ? first !== ack : first && ack) && !event.rst && !event.fin;
        if (flow.opening === 'capable')
          judge.check(capable, event, placed, () => ({
            message:
              first || syn
                ? 'MP_CAPABLE stands on a packet that it does not belong on'
                : 'the responder repeats MP_CAPABLE after its SYN/ACK',
          }));
        const { options } = event.packet.tcp;
        judge.check(
          oneOpener,
          event,
          !options.some((one) => one.kind === 'mp_join') && flow.opening !== 'join',
          () => ({ message: 'MP_CAPABLE is sent on a subflow that MP_JOIN opens' }),
        );
        if (option.dataLength !== undefined) {
          judge.check(alone, event, !options.some((one) => one.kind === 'dss'), () => ({
            message: 'MP_CAPABLE with data is sent together with a DSS',
          }));
        }
      },
      mp_tcprst: (_option, event) =>
        judge.check(tcprst, event, event.rst, () => ({ message: 'MP_TCPRST is sent on a segment without RST' })),
      mp_fastclose: (_option, event) =>
        judge.check(fastclose, event, !event.syn && !event.fin && (event.ack || event.rst), () => ({
          message: 'MP_FASTCLOSE is sent on a segment that is neither a plain ACK nor a RST',
        })),
      add_addr: (_option, event) =>
        judge.check(addAddr, event, !event.syn, () => ({ message: 'ADD_ADDR is sent on a SYN' })),
      mp_join: (_option, event) => {
        if (!event.syn || event.flow.opening !== 'join') return;
        const cookie = event.packet.tcp.options.some((one) => one.kind === 'fastopen');
        judge.check(fastOpen, event, event.length === 0 && !cookie, () => ({
          message: event.length > 0 ? 'the SYN of a join has payload' : 'the SYN of a join has a fast open option',
        }));
      },
    },
  }),
};
