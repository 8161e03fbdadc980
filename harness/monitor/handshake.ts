/** Results of the MP_CAPABLE handshake: version, keys, tokens, IDSNs, checksums. */
import { idsn, token } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { OptionMpCapable } from '../packet/types.ts';
import type { Connection, Side } from './connection.ts';

/** Connections by token, with the side that made the key. Two hosts may come to the same token. */
export type TokenTable = Map<number, { connection: Connection; side: Side }[]>;

/** Flag A of MP_CAPABLE: checksums required. */
export const FLAG_A = 0x80;

/** Processes an MP_CAPABLE. The first one counts; repetitions change nothing. */
export function learnKeys(
  connection: Connection,
  direction: Side,
  option: OptionMpCapable,
  flags: number,
  tokens: TokenTable,
): void {
  const [initiator, responder] = connection.parties;
  const syn = (flags & FLAG.SYN) !== 0;
  if (syn && direction === 0) {
    initiator.hello ??= option;
    if (option.version === 0) connection.version ??= 0;
    return;
  }
  if (syn) {
    if (responder.hello === undefined) {
      responder.hello = option;
      connection.version = option.version;
    } else if (responder.hello.senderKey !== option.senderKey && responder.otherHellos.length < 8) {
      responder.otherHellos.push(option);
    }
    setKey(connection, 1, option.senderKey, tokens);
  } else if (direction === 0) {
    connection.version ??= option.version;
    chooseHello(connection, option, tokens);
    setKey(connection, 0, option.senderKey, tokens);
    setKey(connection, 1, option.receiverKey, tokens);
  }
  settleChecksums(connection, syn ? undefined : option);
}

/** Of several SYN/ACKs, the third packet shows which one counts. */
function chooseHello(connection: Connection, { receiverKey }: OptionMpCapable, tokens: TokenTable): void {
  const [, responder] = connection.parties;
  const chosen = responder.otherHellos.find((one) => one.senderKey === receiverKey);
  if (chosen === undefined || receiverKey === undefined || responder.stream.mapped) return;
  responder.hello = chosen;
  responder.otherHellos = [];
  responder.key = undefined;
  responder.stream.base = undefined;
  connection.checksums = undefined;
  setKey(connection, 1, receiverKey, tokens);
}

function setKey(connection: Connection, side: Side, key: bigint | undefined, tokens: TokenTable): void {
  const party = connection.parties[side];
  if (key === undefined || party.key !== undefined || connection.version === 0) return;
  party.key = key;
  party.token = token(key);
  const owners = tokens.get(party.token);
  if (owners === undefined) tokens.set(party.token, [{ connection, side }]);
  else owners.push({ connection, side });
  const { stream } = party;
  stream.idsn = idsn(key);
  // Numbers that came before the key keep the base that was assumed for them.
  if (stream.base === undefined) {
    stream.base = stream.idsn;
    stream.known = true;
  }
}

function settleChecksums(connection: Connection, third: OptionMpCapable | undefined): void {
  if (connection.checksums !== undefined) return;
  const [a, b] = connection.parties.map((party) => party.hello);
  if (a !== undefined && b !== undefined) connection.checksums = ((a.flags | b.flags) & FLAG_A) !== 0;
  else if (third !== undefined) connection.checksums = (third.flags & FLAG_A) !== 0;
}
