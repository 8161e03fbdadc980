/** Choices that the RFC leaves to the implementation. Nothing is judged; the choices of the host are recorded. */
import type { FlowEnd } from '../connection.ts';
import { isMptcp } from '../../packet/index.ts';
import type { Monitor, PacketEvent, Rule } from '../types.ts';
import { form } from './rule.ts';

const longMapping = form('mapping-of-several-segments', '3.3.1-2.s4');
const withoutOwn = form('segment-without-own-mapping', '3.7-4.1.s2', '3.3.1-14.s2', 'A-6.s1');
const everyAck = form('data-ack-on-segments', '3.3.2-5.s1.1');
const signals = form('where-signals-stand', '3-6.s3', '3.4.1-14.s2', 'A-9.s2', 'A-9.s3');
const taken = form('remove-addr-after-prio', '3.4.2-4.s4', '3.4.2-1.s3', '3.3.8-8.s1');
const backupData = form('data-on-own-backup', '3.3.8-9.s3', '3.3.8-6.s2');
const spread = form('data-over-subflows', '3.3.8-1.s1', '3.3.8-2.s1');
const joinBackup = form('join-backup', '3.2-10.s2');
const firstJoin = form('when-joins-start', '3.9.2-1.s2', '3.9.2-6.s1', '3.9.2-4.s1.1');
const manyFlows = form('number-of-subflows', '3.9.2-4.s1.2', '3.9.1-2.s2');
const versionOffered = form('version-offered', '3.1-3.s2');
const plainOn = form('plain-tcp-after-refusal', '3.1-3.s8.1');
const mixedSizes = form('sizes-in-one-dss', '3.3.1-12.s2');

function signalPlace(event: PacketEvent): string | undefined {
  const { options } = event.packet.tcp;
  const signal = options.find(
    (one) => isMptcp(one) && one.kind !== 'dss' && one.kind !== 'mp_capable' && one.kind !== 'mp_join',
  );
  if (signal === undefined || event.rst || event.fin) return undefined;
  if (event.length > 0) return `${signal.kind} stands on a segment with data`;
  return options.some((one) => one.kind === 'dss')
    ? `${signal.kind} stands on an ACK beside a DSS`
    : `${signal.kind} stands on an ACK of its own`;
}

/** How long after the connection a join started, in words of which there are few. */
function delayOf({ at, connection }: PacketEvent): string {
  const after = at - connection.firstAt;
  for (const [limit, name] of [
    [100, '100 ms'],
    [1000, 'a second'],
    [10_000, '10 s'],
    [60_000, 'a minute'],
  ] as const) {
    if (after <= limit) return `within ${name}`;
  }
  return 'after more than a minute';
}

/** Records choices. Most packets of a transfer say nothing new: each kind of remark is made once for each host. */
export const choices: Monitor = {
  name: 'choices',
  title: 'what a host makes of the freedom that the RFC leaves it',
  rules: [
    longMapping,
    withoutOwn,
    everyAck,
    signals,
    taken,
    backupData,
    spread,
    joinBackup,
    firstJoin,
    manyFlows,
    versionOffered,
    plainOn,
    mixedSizes,
  ],
  create: (connection, judge) => {
    const told = [new Set<string>(), new Set<string>()] as const;
    const tell = (rule: Rule, event: PacketEvent, text: string): void => {
      const known = told[event.side];
      if (known.has(text) || known.size > 64) return;
      known.add(text);
      judge.info(rule, event, text);
    };
    const lastAck = new Map<FlowEnd, number>();
    const backup = new Set<FlowEnd>();
    const carrier: [FlowEnd | undefined, FlowEnd | undefined] = [undefined, undefined];
    const aboutData = (event: PacketEvent): void => {
      const { mapping, length, side, sender } = event;
      if (mapping === undefined) {
        if (sender.confirmed && connection.fallback === undefined)
          tell(withoutOwn, event, 'a segment has no mapping of its own');
      } else if (mapping.bytes > length) tell(longMapping, event, 'a mapping covers several segments');
      if (backup.has(sender)) tell(backupData, event, 'data goes over a subflow that the host itself called a backup');
      if (carrier[side] !== undefined && carrier[side] !== sender)
        tell(spread, event, 'data goes over several subflows');
      carrier[side] = sender;
    };
    return {
      packet: (event) => {
        const { dataAck, sender, syn, rst, flow } = event;
        if (event.length > 0 && !syn) aboutData(event);
        if (syn || rst || connection.fallback !== undefined) {
          if (!syn && !rst && sender === flow.ends[0] && connection.fallback?.startsWith('the SYN/ACK') === true) {
            tell(plainOn, event, 'the connection goes on as plain TCP');
          }
          return;
        }
        if (dataAck === undefined) {
          if (sender.confirmed) tell(everyAck, event, 'a segment has no Data ACK');
          return;
        }
        if (lastAck.get(sender) === dataAck) tell(everyAck, event, 'a Data ACK is repeated though it has not changed');
        lastAck.set(sender, dataAck);
      },
      options: {
        mp_capable: (option, event) => {
          if (event.syn && !event.ack) tell(versionOffered, event, `the SYN offers version ${option.version}`);
        },
        mp_join: (option, event) => {
          if (option.form === 'ack' || !event.syn || event.retransmission) return;
          tell(joinBackup, event, option.backup ? 'a join asks for a backup' : 'a join asks for ordinary use');
          if (option.form !== 'syn') return;
          tell(firstJoin, event, `a join comes ${delayOf(event)} of the connection's start`);
          tell(
            manyFlows,
            event,
            `${Math.min(16, connection.flows.length)}${connection.flows.length >= 16 ? ' or more' : ''} subflows`,
          );
        },
        dss: (option, event) => {
          if (option.hasMap && option.dataAck !== undefined && option.dsn8 !== option.dataAck8)
            tell(mixedSizes, event, 'a DSS has numbers of two sizes');
        },
        mp_prio: (option, event) => {
          if (option.backup) backup.add(event.sender);
          else backup.delete(event.sender);
          const place = signalPlace(event);
          if (place !== undefined) tell(signals, event, place);
        },
        add_addr: (_option, event) => {
          const place = signalPlace(event);
          if (place !== undefined) tell(signals, event, place);
        },
        remove_addr: (_option, event) => {
          tell(
            taken,
            event,
            backup.size > 0 ? 'REMOVE_ADDR comes after an MP_PRIO' : 'REMOVE_ADDR comes without an MP_PRIO before',
          );
          const place = signalPlace(event);
          if (place !== undefined) tell(signals, event, place);
        },
      },
    };
  },
};
