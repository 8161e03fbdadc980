/** Bits without a meaning are 0. */
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { blaming, form, hex } from './rule.ts';

const flagB = form('capable-flag-b', '3.1-20.4.s2', '3.1-20.4.s1', '7.3-1.s2.2');
const crypto = blaming(form('capable-crypto', '3.1-20.8.s4', '3.1-19.s1', '7.3-1.s2.4'), '3.1-20.8.s4');
const unassigned = form('capable-unassigned-crypto', '3.1-20.8.s2', '3.1-20.8.s1', '7.3-1.s2.5');
const proposes = form('capable-proposes-sha256', '3.1-24.s2');
const someCrypto = form('capable-some-crypto', '3.1-21.s1');
const join = blaming(form('join-reserved', '3.2-10.s1.2', '3.2-10.s1.1'), '3.2-10.s1.2');
const joinAck = form('join-ack-reserved', '3.2-14.s5');
const dss = form('dss-reserved', '3.3-7.s6');
const addAddr = blaming(form('add-addr-reserved', '3.4.1-8.s3.1', '3.4.1-8.s2'), '3.4.1-8.s3.1');
const removeAddr = form('remove-addr-reserved', '3.4.2-3.1.s1.4');
const prio = form('prio-reserved', '3.3.8-7.1.s1.2');
const fail = form('fail-reserved', '3.7-9.1.s1.2');
const fastclose = form('fastclose-reserved', '3.5-3.1.s1.2');
const tcprst = form('tcprst-reserved', '3.6-4.s6.1');

function zero(judge: Judge, rule: Rule, event: PacketEvent, bits: number, what: string): void {
  judge.check(rule, event, bits === 0, () => ({
    message: `reserved bits of ${what} are set`,
    expected: '0',
    actual: hex(bits),
  }));
}

/** Reserved and unassigned bits of every option. */
export const reservedBits: Monitor = {
  name: 'reserved-bits',
  title: 'reserved bits are sent as 0, and MP_CAPABLE names HMAC-SHA256 alone',
  rules: [
    flagB,
    crypto,
    unassigned,
    proposes,
    someCrypto,
    join,
    joinAck,
    dss,
    addAddr,
    removeAddr,
    prio,
    fail,
    fastclose,
    tcprst,
  ],
  create: (_connection, judge) => ({
    options: {
      mp_capable: (option, event) => {
        const { flags } = option;
        judge.check(flagB, event, (flags & 0x40) === 0, () => ({
          message: 'flag B of MP_CAPABLE is set',
          expected: 'B=0',
          actual: `flags=${hex(flags)}`,
        }));
        judge.check(crypto, event, (flags & 0x1f) === 0x01, () => ({
          message: 'the crypto bits of MP_CAPABLE are not those of HMAC-SHA256 alone',
          expected: 'D to H = 00001',
          actual: `flags=${hex(flags)}`,
        }));
        judge.check(unassigned, event, (flags & 0x1e) === 0, () => ({
          message: 'MP_CAPABLE has a crypto bit that is not assigned',
          expected: 'D to G = 0000',
          actual: `flags=${hex(flags)}`,
        }));
        if (event.syn && !event.ack) {
          judge.check(proposes, event, (flags & 1) !== 0, () => ({
            message: 'the SYN does not propose HMAC-SHA256',
            expected: 'H=1',
            actual: `flags=${hex(flags)}`,
          }));
        }
        judge.check(someCrypto, event, (flags & 0x1f) !== 0, () => ({
          message: 'MP_CAPABLE names no crypto algorithm',
          actual: `flags=${hex(flags)}`,
        }));
      },
      mp_join: (option, event) =>
        zero(judge, option.form === 'ack' ? joinAck : join, event, option.reserved, 'MP_JOIN'),
      dss: (option, event) => zero(judge, dss, event, option.reserved, 'DSS'),
      add_addr: (option, event) => zero(judge, addAddr, event, option.reserved, 'ADD_ADDR'),
      remove_addr: (option, event) => zero(judge, removeAddr, event, option.reserved, 'REMOVE_ADDR'),
      mp_prio: (option, event) => zero(judge, prio, event, option.reserved, 'MP_PRIO'),
      mp_fail: (option, event) => zero(judge, fail, event, option.reserved, 'MP_FAIL'),
      mp_fastclose: (option, event) => zero(judge, fastclose, event, option.reserved, 'MP_FASTCLOSE'),
      mp_tcprst: (option, event) => zero(judge, tcprst, event, option.reserved, 'MP_TCPRST'),
    },
  }),
};
