/** Keys: used for one connection at a time, and not shown again. */
import { token } from '../../mptcp/index.ts';
import type { Connection, Side } from '../connection.ts';
import { perCapture } from '../per-capture.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, form, hex } from './rule.ts';

// The same key makes the same token.
const unique = blaming(
  form('key-of-one-connection', '3.1-10.s3.2', '3.1-10.s1', '3.1-10.s3.1', 'C.1.1-1.2.s2.1'),
  '3.1-10.s3.2',
  '3.1-10.s1',
  'C.1.1-1.2.s2.1',
);
const uniqueToken = form('token-of-one-connection', 'C.1.1-1.2.s2.1');
const secret = form('key-not-shown', '3.1-9.s3.1', '5-4.s1');
const tokenUnlike = form('keys-differ', '3.1-7.s2');

/** Known users of a key. */
interface User {
  connection: Connection;
  address: string;
  isn: number | undefined;
}

/** The keys and tokens of a capture. */
interface Memory {
  keys: Map<bigint, User>;
  tokens: Map<number, { user: User; key: bigint }>;
}

/** Keys remembered over the connections of a capture. */
const KEPT = 20_000;
const memoryOf = perCapture((): Memory => ({ keys: new Map(), tokens: new Map() }));

/** The oldest makes room. */
function remember<K, V>(memory: Map<K, V>, key: K, value: V): void {
  if (memory.size >= KEPT)
    for (const old of memory.keys()) {
      memory.delete(old);
      break;
    }
  memory.set(key, value);
}

function isEstablished(connection: Connection): boolean {
  return connection.flows.some((flow) => flow.thirdSeen && flow.closedAt === undefined);
}

/** Two keys of which one token is made: the host was free to take another key for its second connection. */
function checkToken(judge: Judge, event: PacketEvent, key: bigint, user: User, { tokens }: Memory): void {
  const made = token(key);
  const before = tokens.get(made);
  remember(tokens, made, { user, key });
  if (before === undefined || before.user.address !== user.address || !isEstablished(before.user.connection)) {
    judge.pass(uniqueToken, event.side);
    return;
  }
  judge.broken(uniqueToken, event, {
    message: `the token of the key is that of connection ${before.user.connection.number} too, which is still open`,
    actual: `${hex(made, 8)}, of ${hex(before.key, 16)} and ${hex(key, 16)}`,
  });
}

function checkKey(judge: Judge, event: PacketEvent, key: bigint): void {
  const { connection, side, sender } = event;
  const memory = memoryOf(connection);
  const user = memory.keys.get(key);
  if (user === undefined) {
    const added = { connection, address: sender.address, isn: sender.isn ?? event.packet.tcp.seq };
    remember(memory.keys, key, added);
    judge.pass(unique, side);
    checkToken(judge, event, key, added, memory);
    return;
  }
  if (user.connection === connection) {
    return;
  }
  const alive = user.connection.flows.some((flow) => flow.closedAt === undefined);
  const sameStart = user.isn === (sender.isn ?? event.packet.tcp.seq);
  if (user.address === sender.address && alive && !sameStart && connection.complete) {
    judge.broken(unique, event, {
      message: `the key is that of connection ${user.connection.number} too, which is still open`,
      actual: hex(key, 16),
    });
  } else
    judge.unknown(
      unique,
      side,
      `connection ${user.connection.number} shows the same key; it may be the same one seen at another place`,
    );
}

function holdsKey(connection: Connection, value: bigint): Side | undefined {
  if (connection.parties[0].key === value) return 0;
  return connection.parties[1].key === value ? 1 : undefined;
}

function wide(bytes: Uint8Array): bigint {
  return bytes.length < 8 ? -1n : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0);
}

function lookForKey(judge: Judge, event: PacketEvent, value: bigint, where: string): void {
  judge.check(secret, event, holdsKey(event.connection, value) === undefined, () => ({
    message: `${where} shows a key`,
  }));
}

/** Keys over all connections of a capture. */
export const keys: Monitor = {
  name: 'keys',
  title: 'a key serves one connection at a time and is shown only where it belongs',
  rules: [unique, uniqueToken, secret, tokenUnlike],
  create: (connection, judge) => ({
    options: {
      mp_capable: (option, event) => {
        if (option.senderKey === undefined || event.rst || event.flow.opening !== 'capable') return;
        if (option.version !== 0) checkKey(judge, event, option.senderKey);
        if (option.receiverKey !== undefined) {
          judge.check(tokenUnlike, event, option.senderKey !== option.receiverKey, () => ({
            message: 'both keys of MP_CAPABLE are the same',
          }));
        }
      },
      add_addr: (option, event) => {
        if (option.hmac !== undefined) lookForKey(judge, event, wide(option.hmac), 'the HMAC of ADD_ADDR');
      },
      mp_join: (option, event) => {
        if (option.form !== 'syn') lookForKey(judge, event, wide(option.hmac), 'the HMAC of MP_JOIN');
      },
      mp_fail: (option, event) => lookForKey(judge, event, option.dsn, 'MP_FAIL'),
      mp_experimental: (option, event) => lookForKey(judge, event, wide(option.data), 'MP_EXPERIMENTAL'),
      mptcp_unknown: (option, event) =>
        lookForKey(judge, event, wide(option.data), 'an option of an unassigned subtype'),
    },
  }),
};
