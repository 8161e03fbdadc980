import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idsn, token } from '../mptcp/index.ts';
import { FLAG, type OptionDss } from '../packet/types.ts';
import { dssOf, ReceivedSpace, relativeDsn } from './endpoint.ts';
import { establishedSubflow, freshSubflow, fromStack, LOCAL_KEY, REMOTE_ISN, REMOTE_KEY } from './testing/subflows.ts';

const dss = (dsn: bigint, ssn: number, dataLength: number, change: Partial<OptionDss> = {}): OptionDss => ({
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: true,
  hasMap: true,
  dataAck8: true,
  hasDataAck: false,
  dsn: BigInt.asUintN(64, idsn(REMOTE_KEY) + dsn),
  ssn,
  dataLength,
  ...change,
});

describe('ReceivedSpace', () => {
  test('keeps what came early, and does not mind what comes twice', () => {
    const space = new ReceivedSpace(1n);
    space.take(11n, 10);
    expect(space.next).toBe(1n);
    space.take(1n, 10);
    expect(space.next).toBe(21n);
    space.take(5n, 3);
    expect(space.next).toBe(21n);
  });

  test('ends at the same number whatever the order', () => {
    const pieces = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { minLength: 1 });
    fc.assert(
      fc.property(pieces, fc.func(fc.integer()), (list, weigh) => {
        const space = new ReceivedSpace(0n);
        for (const piece of list.toSorted((a, b) => weigh(a) - weigh(b))) space.take(BigInt(piece * 10), 10);
        let expected = 0;
        while (list.includes(expected)) expected++;
        expect(space.next).toBe(BigInt(expected * 10));
      }),
    );
  });
});

describe('a connection', () => {
  test('derives token and IDSN of either side', () => {
    const { connection } = establishedSubflow();
    expect(connection).toMatchObject({
      localToken: token(LOCAL_KEY),
      remoteToken: token(REMOTE_KEY),
      localIdsn: idsn(LOCAL_KEY),
      remoteIdsn: idsn(REMOTE_KEY),
    });
    expect(freshSubflow().connection).toMatchObject({ remoteToken: undefined, remoteIdsn: undefined });
  });

  test('uses checksums when either side asks for them', () => {
    expect(freshSubflow({ checksum: true }).connection.checksum).toBe(true);
    const { connection } = freshSubflow();
    expect(connection.checksum).toBe(false);
    connection.remoteChecksum = true;
    expect(connection.checksum).toBe(true);
  });
});

describe('a SYN/ACK', () => {
  const capable = { kind: 'mp_capable', version: 1, flags: 0x81, senderKey: REMOTE_KEY } as const;
  const synAck = { seq: 0, flags: FLAG.SYN | FLAG.ACK };

  test('gives number, key and the wish for checksums', () => {
    const subflow = freshSubflow();
    subflow.observe(fromStack({ ...synAck, options: [capable] }));
    expect(subflow).toMatchObject({ remoteIsn: REMOTE_ISN, receiveNext: 1, timestamps: false });
    expect(subflow.connection).toMatchObject({ remoteKey: REMOTE_KEY, checksum: true, mptcp: true });
  });

  test('without MP_CAPABLE ends MPTCP, on a join it does not', () => {
    const first = freshSubflow();
    first.observe(fromStack(synAck));
    expect(first.connection.mptcp).toBe(false);
    const joined = freshSubflow({}, false);
    joined.observe(
      fromStack({
        ...synAck,
        options: [
          {
            kind: 'mp_join',
            form: 'synack',
            reserved: 0,
            backup: false,
            addressId: 1,
            hmac: new Uint8Array(8),
            nonce: 9,
          },
        ],
      }),
    );
    expect(joined.connection.mptcp).toBe(true);
    expect(joined.remoteNonce).toBe(9);
  });

  test('without timestamps ends them; with them the last value is echoed', () => {
    const without = freshSubflow({ timestamps: true });
    without.observe(fromStack(synAck));
    expect(without.timestamps).toBe(false);
    const subflow = freshSubflow({ timestamps: true });
    subflow.observe(fromStack({ ...synAck, options: [{ kind: 'ts', value: 5, echo: 0 }] }));
    subflow.observe(fromStack({ options: [{ kind: 'ts', value: 8, echo: 0 }] }));
    expect(subflow).toMatchObject({ timestamps: true, timestampRecent: 8 });
  });
});

describe('data', () => {
  test('moves subflow and data sequence space by its mapping', () => {
    const subflow = establishedSubflow();
    subflow.observe(fromStack({ options: [dss(1n, 1, 30)], payload: new Uint8Array(10) }));
    expect([subflow.receiveNext, subflow.connection.received.next]).toEqual([11, 11n]);
    // The rest of the mapping comes without an option.
    subflow.observe(fromStack({ seq: 11, payload: new Uint8Array(20) }));
    expect([subflow.receiveNext, subflow.connection.received.next]).toEqual([31, 31n]);
  });

  test('that comes early waits', () => {
    const subflow = establishedSubflow();
    subflow.observe(fromStack({ seq: 11, options: [dss(11n, 11, 10)], payload: new Uint8Array(10) }));
    expect([subflow.receiveNext, subflow.connection.received.next]).toEqual([1, 1n]);
    subflow.observe(fromStack({ options: [dss(1n, 1, 10)], payload: new Uint8Array(10) }));
    expect([subflow.receiveNext, subflow.connection.received.next]).toEqual([21, 21n]);
  });

  test('wraps the 32 bits of TCP', () => {
    const subflow = establishedSubflow();
    expect(REMOTE_ISN + 100).toBeGreaterThan(2 ** 32);
    subflow.observe(fromStack({ payload: new Uint8Array(100), options: [dss(1n, 1, 100)] }));
    expect(subflow.receiveNext).toBe(101);
  });

  test('under numbers of four bytes counts as well', () => {
    const subflow = establishedSubflow();
    const short = { dsn8: false, dsn: BigInt.asUintN(32, idsn(REMOTE_KEY) + 1n) };
    subflow.observe(fromStack({ options: [dss(1n, 1, 10, short)], payload: new Uint8Array(10) }));
    expect(subflow.connection.received.next).toBe(11n);
  });

  test('may come with MP_CAPABLE', () => {
    const subflow = establishedSubflow();
    const capable = {
      kind: 'mp_capable',
      version: 1,
      flags: 1,
      senderKey: REMOTE_KEY,
      receiverKey: LOCAL_KEY,
      dataLength: 7,
    } as const;
    subflow.observe(fromStack({ options: [capable], payload: new Uint8Array(7) }));
    expect(subflow.connection.received.next).toBe(8n);
  });

  test('a DATA_FIN takes one number, with data or without; a FIN takes one of the subflow', () => {
    const subflow = establishedSubflow();
    subflow.observe(fromStack({ options: [dss(1n, 1, 11, { dataFin: true })], payload: new Uint8Array(10) }));
    expect(subflow.connection.received.next).toBe(12n);
    const bare = establishedSubflow();
    bare.observe(fromStack({ options: [dss(1n, 0, 1, { dataFin: true })], flags: FLAG.FIN | FLAG.ACK }));
    expect([bare.receiveNext, bare.connection.received.next]).toEqual([2, 2n]);
  });

  test('of an RST does not count', () => {
    const subflow = establishedSubflow();
    subflow.observe(fromStack({ flags: FLAG.RST, payload: new Uint8Array(10) }));
    expect(subflow.receiveNext).toBe(1);
  });
});

test('the handshake is confirmed by a Data ACK, on a join by any packet after the SYN', () => {
  const ack = dss(0n, 0, 0, { hasMap: false, hasDataAck: true, dataAck: 1n });
  const first = establishedSubflow({}, true, false);
  first.observe(fromStack({}));
  expect(first.confirmed).toBe(false);
  first.observe(fromStack({ options: [ack] }));
  expect(first.confirmed).toBe(true);
  const joined = establishedSubflow({}, false, false);
  joined.observe(fromStack({}));
  expect(joined.confirmed).toBe(true);
});

test('relativeDsn counts from a base and wraps', () => {
  expect(relativeDsn(5n, true, 2n ** 64n - 1n)).toBe(6n);
  expect(relativeDsn(5n, false, 0x1ffffffffn)).toBe(6n);
});

test('dssOf finds the DSS', () => {
  expect(dssOf(fromStack({}))).toBeUndefined();
  expect(dssOf(fromStack({ options: [{ kind: 'nop' }, dss(1n, 1, 1)] }))?.ssn).toBe(1);
});
