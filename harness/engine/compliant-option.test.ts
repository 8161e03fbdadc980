import { describe, expect, test } from 'vitest';
import { addAddrHmac, dssChecksum, idsn, joinHmac, token } from '../mptcp/index.ts';
import { FLAG, type OptionDss, type OptionKind, type TcpOption } from '../packet/types.ts';
import { OPTION_FIELDS } from '../notation/option-fields.ts';
import { compliantOption, incomingView, outgoingView, type OptionView } from './compliant-option.ts';
import type { Subflow } from './endpoint.ts';
import { establishedSubflow, freshSubflow, LOCAL_ISN, LOCAL_KEY, REMOTE_KEY } from './testing/subflows.ts';

const data = Uint8Array.of(1, 2, 3);
const none = new Uint8Array(0);

function out(subflow: Subflow, flags: number, payload = none, dataFin = false): OptionView {
  return outgoingView(subflow, flags, 1, payload, dataFin);
}

function from(subflow: Subflow, flags: number, payload = none): OptionView {
  return incomingView(subflow, flags, 1, payload, false, { receiveNext: 1, dataNext: 1n });
}

describe('MP_CAPABLE (§3.1)', () => {
  const kind = 'mp_capable';

  test('has no key on the SYN, one on the SYN/ACK, two on the third packet', () => {
    expect(compliantOption(kind, out(freshSubflow(), FLAG.SYN))).toEqual({ kind, version: 1, flags: 1 });
    expect(compliantOption(kind, out(freshSubflow(), FLAG.SYN | FLAG.ACK))).toEqual({
      kind,
      version: 1,
      flags: 1,
      senderKey: LOCAL_KEY,
    });
    expect(compliantOption(kind, out(establishedSubflow(), FLAG.ACK))).toEqual({
      kind,
      version: 1,
      flags: 1,
      senderKey: LOCAL_KEY,
      receiverKey: REMOTE_KEY,
    });
  });

  test('of the stack has its keys the other way round', () => {
    expect(compliantOption(kind, from(establishedSubflow(), FLAG.ACK))).toMatchObject({
      senderKey: REMOTE_KEY,
      receiverKey: LOCAL_KEY,
    });
  });

  test('has a length with data, and a checksum where that is agreed', () => {
    expect(compliantOption(kind, out(establishedSubflow(), FLAG.ACK, data))).toEqual({
      kind,
      version: 1,
      flags: 1,
      senderKey: LOCAL_KEY,
      receiverKey: REMOTE_KEY,
      dataLength: 3,
    });
    expect(compliantOption(kind, out(establishedSubflow({ checksum: true }), FLAG.ACK, data))).toMatchObject({
      flags: 0x81,
      checksum: dssChecksum({ dsn: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n), ssn: 1, dataLength: 3, data }),
    });
  });

  test('has flag A on a SYN where the host wishes it, later where either does', () => {
    const subflow = establishedSubflow();
    subflow.connection.remoteChecksum = true;
    expect(compliantOption(kind, out(subflow, FLAG.SYN))).toMatchObject({ flags: 0x01 });
    expect(compliantOption(kind, from(subflow, FLAG.SYN | FLAG.ACK))).toMatchObject({ flags: 0x81 });
    expect(compliantOption(kind, out(subflow, FLAG.ACK))).toMatchObject({ flags: 0x81 });
  });
});

describe('MP_JOIN (§3.2)', () => {
  const kind = 'mp_join';
  const hmac = joinHmac(LOCAL_KEY, REMOTE_KEY, LOCAL_ISN, 77);

  test('has token and nonce, then short HMAC and nonce, then the long HMAC', () => {
    const subflow = establishedSubflow({}, false);
    const head = { kind, reserved: 0, backup: false, addressId: 2, nonce: LOCAL_ISN };
    expect(compliantOption(kind, out(subflow, FLAG.SYN))).toEqual({ ...head, form: 'syn', token: token(REMOTE_KEY) });
    expect(compliantOption(kind, out(subflow, FLAG.SYN | FLAG.ACK))).toEqual({
      ...head,
      form: 'synack',
      hmac: hmac.slice(0, 8),
    });
    expect(compliantOption(kind, out(subflow, FLAG.ACK))).toEqual({
      kind,
      form: 'ack',
      reserved: 0,
      hmac: hmac.slice(0, 20),
    });
  });

  test('of the stack is keyed the other way round', () => {
    const theirs = joinHmac(REMOTE_KEY, LOCAL_KEY, 77, LOCAL_ISN);
    expect(compliantOption(kind, from(establishedSubflow({}, false), FLAG.SYN | FLAG.ACK))).toMatchObject({
      hmac: theirs.slice(0, 8),
      nonce: 77,
    });
  });
});

describe('DSS (§3.3)', () => {
  const dss = (view: OptionView): OptionDss => {
    const option = compliantOption('dss', view);
    if (option.kind !== 'dss') throw new Error(option.kind);
    return option;
  };

  test('only acknowledges where there is nothing to map', () => {
    expect(dss(out(establishedSubflow(), FLAG.ACK))).toEqual({
      kind: 'dss',
      reserved: 0,
      dataFin: false,
      dsn8: false,
      hasMap: false,
      dataAck8: true,
      hasDataAck: true,
      dataAck: BigInt.asUintN(64, idsn(REMOTE_KEY) + 1n),
    });
  });

  test('maps the payload', () => {
    expect(dss(out(establishedSubflow(), FLAG.ACK, data))).toMatchObject({
      hasMap: true,
      dsn8: true,
      dsn: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n),
      ssn: 1,
      dataLength: 3,
    });
  });

  test('has short numbers where the tester sends such', () => {
    expect(dss(out(establishedSubflow({ dsnSize: 4 }), FLAG.ACK, data))).toMatchObject({
      dsn8: false,
      dataAck8: false,
      dsn: BigInt.asUintN(32, idsn(LOCAL_KEY) + 1n),
      dataAck: BigInt.asUintN(32, idsn(REMOTE_KEY) + 1n),
    });
  });

  test('counts a DATA_FIN as one byte, and maps it to subflow number 0 without data (§3.3.3)', () => {
    expect(dss(out(establishedSubflow(), FLAG.ACK, none, true))).toMatchObject({
      dataFin: true,
      ssn: 0,
      dataLength: 1,
    });
    expect(dss(out(establishedSubflow(), FLAG.ACK, data, true))).toMatchObject({
      dataFin: true,
      ssn: 1,
      dataLength: 4,
    });
  });

  test('sums up number, place, length and data', () => {
    const mapping = { dsn: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n), ssn: 1, dataLength: 3, data };
    expect(dss(out(establishedSubflow({ checksum: true }), FLAG.ACK, data)).checksum).toBe(dssChecksum(mapping));
    expect(dss(out(establishedSubflow({ checksum: true, dsnSize: 4 }), FLAG.ACK, data)).checksum).toBe(
      dssChecksum(mapping),
    );
  });

  test('of the stack counts from what came and was sent before', () => {
    const subflow = establishedSubflow();
    expect(dss(from(subflow, FLAG.ACK, data))).toMatchObject({
      dsn: BigInt.asUintN(64, idsn(REMOTE_KEY) + 1n),
      dataAck: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n),
      dataLength: 3,
    });
  });
});

describe('other options', () => {
  const view = out(establishedSubflow({ timestamps: true }), FLAG.ACK);

  test.each<[OptionKind, TcpOption]>([
    ['mss', { kind: 'mss', mss: 1400 }],
    ['wscale', { kind: 'wscale', shift: 7 }],
    ['ts', { kind: 'ts', value: 0, echo: 0 }],
    [
      'add_addr',
      {
        kind: 'add_addr',
        reserved: 0,
        echo: false,
        addressId: 1,
        address: '192.0.2.1',
        hmac: addAddrHmac(LOCAL_KEY, REMOTE_KEY, 1, '192.0.2.1', 0),
      },
    ],
    ['mp_fastclose', { kind: 'mp_fastclose', reserved: 0, receiverKey: REMOTE_KEY }],
    ['mp_fail', { kind: 'mp_fail', reserved: 0, dsn: BigInt.asUintN(64, idsn(REMOTE_KEY) + 1n) }],
  ])('%s', (kind, expected) => expect(compliantOption(kind, view)).toEqual(expected));

  test('every option of the notation has a form', () => {
    for (const kind of OPTION_FIELDS.keys()) expect(compliantOption(kind, view).kind, kind).toMatch(/^(raw|[a-z_]+)$/);
  });
});
