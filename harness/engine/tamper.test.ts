import { describe, expect, it } from 'vitest';
import { FLAG, type Packet } from '../packet/types.ts';
import { parsePacketLine } from '../scenario/packet-line.ts';
import type { Step } from '../scenario/suite.ts';
import { tampersFor } from './tamper.ts';

const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['c'] };
const scope = { lookup: () => 77n };

function synack(): Packet {
  return {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 1, dstPort: 2, seq: 7, ack: 9, flags: FLAG.SYN | FLAG.ACK, window: 1, urgent: 0, payload: new Uint8Array(0),
      options: [{ kind: 'mp_join', form: 'synack', reserved: 0, backup: false, addressId: 1, nonce: 5, hmac: new Uint8Array(8) }],
    },
  };
}

function altered(step: Step, title: string): Packet | undefined {
  return tampersFor(step).find((one) => one.title === title)?.alter?.(synack(), scope);
}

describe('tampersFor', () => {
  it('puts in the very value that a field must not have', () => {
    const step: Step = { ...base, kind: 'expect', line: parsePacketLine('b < SYN/ACK sport=!$p <mp_join nonce=!$n id=!0>') };
    expect(altered(step, 'mp_join.nonce changed')?.tcp.options).toMatchObject([{ nonce: 77, addressId: 1 }]);
    expect(altered(step, 'mp_join.id changed')?.tcp.options).toMatchObject([{ nonce: 5, addressId: 0 }]);
    expect(altered(step, 'sport changed')?.tcp.srcPort).toBe(77);
  });

  it('does not turn one alternative into another', () => {
    const oneOf = (second: string): Step => ({
      ...base, kind: 'one-of',
      alternatives: [{ label: 'x', line: parsePacketLine('b < SYN/ACK') }, { label: 'y', line: parsePacketLine(second) }],
    });
    const titles = (step: Step): string[] => tampersFor(step).map((one) => one.title);
    expect(titles(oneOf('b < RST'))).toEqual(['silence', 'another kind of packet']);
    expect(titles(oneOf('b < ACK'))).toContain('other TCP flags');
  });
});

describe('the forbidden packet', () => {
  it('has the fields that the line forbids', () => {
    const forged = (text: string): unknown => {
      const step: Step = { ...base, kind: 'never', from: 'here', line: parsePacketLine(text) };
      return tampersFor(step)[0]?.forge?.(synack()).tcp.options;
    };
    expect(forged('a < any <dss csum=any, ...>')).toMatchObject([{ kind: 'dss', checksum: 1 }]);
    expect(forged('a < any <dss map=1 csum=absent, ...>')).toMatchObject([{ kind: 'dss', hasMap: true }]);
    expect(forged('a < any <mp_join id=4, ...>')).toMatchObject([{ kind: 'mp_join', addressId: 4 }]);
  });
});
