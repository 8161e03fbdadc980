/** Every option of kind 30 has a form that the RFC knows. */
import { isAssignedSubtype } from '../../packet/index.ts';
import type { OptionMalformed } from '../../packet/types.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { blaming, form, hex, bytesText } from './rule.ts';

const anyOption = blaming(
  form('option-length', '3-2.s3', '3-4.1.s1', '3-3.s2', '3-2.s2.1', '6-3.s1', '7.1-1.s1', 'A-1.s2'),
  '3-2.s3',
  '3-4.1.s1',
);
const subtype = form('subtype-assigned', '7.2-4.s1', '3-2.s2.2');
const capable = blaming(form('capable-form', '3.1-18.s1', '3.1-18.s3.1', '7.2-1.s2.1'), '3.1-18.s1');
const joinSyn = blaming(form('join-syn-form', '3.2-5.1.s1.1', '3.2-5.1.s1.2', '7.2-1.s2.2'), '3.2-5.1.s1.1');
const joinSynAck = blaming(form('join-synack-form', '3.2-12.1.s1.1', '3.2-12.1.s1.2'), '3.2-12.1.s1.1');
const joinAck = blaming(form('join-ack-form', '3.2-15.1.s1.1', '3.2-15.1.s1.2', 'A-7.s2'), '3.2-15.1.s1.1', 'A-7.s2');
const dss = blaming(
  form(
    'dss-form',
    '3.3-3.1.s1.1',
    '3.3-3.1.s1.2',
    '3.3-5.1.s1',
    '3.3-5.2.s1',
    '3.3-5.3.s1',
    '3.3-5.4.s1',
    '3.3-6.s2',
    'A-5.s3',
    'A-5.s4',
    'A-8.s2',
    '7.2-1.s2.3',
  ),
  '3.3-3.1.s1.1',
  '3.3-3.1.s1.2',
  'A-5.s3',
);
const addAddr = blaming(
  form('add-addr-form', '3.4.1-2.1.s1.2', '3.4.1-2.1.s1.1', '3.4.1-5.s3', '3.4.1-8.s1', '7.2-1.s2.4'),
  '3.4.1-2.1.s1.2',
);
const addAddrHmac = form('add-addr-hmac-present', '3.4.1-2.1.s1.3', 'A-9.s1', '5-4.s8', '7.2-2.s1');
const echoHmac = form('add-addr-echo-without-hmac', '3.4.1-2.1.s1.3', '3.4.1-9.s3.2');
const removeAddr = blaming(form('remove-addr-form', '3.4.2-3.1.s1.1', '7.2-1.s2.5'), '3.4.2-3.1.s1.1');
const prio = blaming(form('prio-form', '3.3.8-7.1.s1.1', '5-6.s4', '7.2-1.s2.6'), '3.3.8-7.1.s1.1', '5-6.s4');
const fail = blaming(form('fail-form', '3.7-9.1.s1.1', '3.7-8.s4', '7.2-1.s2.7'), '3.7-9.1.s1.1', '3.7-8.s4');
const fastclose = blaming(form('fastclose-form', '3.5-3.1.s1.1', '7.2-1.s2.8'), '3.5-3.1.s1.1');
const tcprst = blaming(form('tcprst-form', '3.6-2.1.s1.1', '7.2-1.s2.9'), '3.6-2.1.s1.1');
const experimental = form('experimental', '7.2-4.s2', '7.2-1.s2.10');

const bySubtype: Readonly<Record<number, Rule>> = {
  0: capable,
  2: dss,
  3: addAddr,
  4: removeAddr,
  5: prio,
  6: fail,
  7: fastclose,
  8: tcprst,
};

function joinRule(event: PacketEvent): Rule {
  if (!event.syn) return joinAck;
  return event.ack ? joinSynAck : joinSyn;
}

function malformed(judge: Judge, option: OptionMalformed, event: PacketEvent): void {
  if (option.code !== 30) return;
  const actual = bytesText(option.raw);
  const rule = option.subtype === 1 ? joinRule(event) : bySubtype[option.subtype ?? -1];
  if (option.subtype !== undefined && !isAssignedSubtype(option.subtype)) {
    judge.broken(subtype, event, { message: `subtype ${hex(option.subtype, 1)} is not assigned`, actual });
  }
  judge.broken(option.reason === 'bad_length' && rule !== undefined ? rule : anyOption, event, {
    message: option.message,
    actual,
  });
}

/** Lengths, subtypes and what the flags of an option announce. */
export const optionForm: Monitor = {
  name: 'option-form',
  title: 'every MPTCP option has an assigned subtype and a length that fits its flags',
  rules: [
    anyOption,
    subtype,
    capable,
    joinSyn,
    joinSynAck,
    joinAck,
    dss,
    addAddr,
    addAddrHmac,
    echoHmac,
    removeAddr,
    prio,
    fail,
    fastclose,
    tcprst,
    experimental,
  ],
  create: (_connection, judge) => ({
    options: {
      malformed: (option, event) => malformed(judge, option, event),
      mptcp_unknown: (option, event) =>
        judge.broken(subtype, event, {
          message: `subtype ${hex(option.subtype, 1)} is not assigned`,
          actual: bytesText(option.data),
        }),
      mp_experimental: (_option, event) => judge.info(experimental, event, 'MP_EXPERIMENTAL is in use'),
      mp_capable: (_option, event) => {
        judge.pass(capable, event.side);
        judge.pass(anyOption, event.side);
        judge.pass(subtype, event.side);
      },
      mp_join: (option, event) => {
        const wanted = event.syn ? (event.ack ? 'synack' : 'syn') : 'ack';
        const rule = joinRule(event);
        if (event.flow.stray) {
          judge.unknown(rule, event.side, 'both ends opened the subflow at once');
          return;
        }
        judge.check(rule, event, option.form === wanted, () => ({
          message: 'MP_JOIN has the length of another packet of the handshake',
          expected: `the form for the ${wanted.toUpperCase()}`,
          actual: `the form for the ${option.form.toUpperCase()}`,
        }));
      },
      dss: (_option, event) => judge.pass(dss, event.side),
      add_addr: (option, event) => {
        judge.pass(addAddr, event.side);
        judge.check(option.echo ? echoHmac : addAddrHmac, event, (option.hmac !== undefined) === !option.echo, () => ({
          message: option.echo ? 'an echo of ADD_ADDR has an HMAC' : 'an ADD_ADDR has no HMAC',
        }));
      },
      remove_addr: (_option, event) => judge.pass(removeAddr, event.side),
      mp_prio: (option, event) =>
        judge.check(prio, event, option.addressId === undefined, () => ({
          message: 'MP_PRIO has an Address ID, as in version 0',
          expected: 'Length 3',
          actual: 'Length 4',
        })),
      mp_fail: (_option, event) => judge.pass(fail, event.side),
      mp_fastclose: (_option, event) => judge.pass(fastclose, event.side),
      mp_tcprst: (_option, event) => judge.pass(tcprst, event.side),
    },
  }),
};
