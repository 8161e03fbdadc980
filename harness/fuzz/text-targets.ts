/** Readers of single lines: the notation of packets and expressions, calls of the stack, lines of an agent. */
import { NotationError, parseExpr, parseMatcher } from '../notation/expression.ts';
import { parsePacketLine, parseSentLine } from '../notation/packet-line.ts';
import { parseSutLine } from '../scenario/sut-line.ts';
import { decodeValue, encodeValue, parseAgentLine } from '../sut/agent-line.ts';
import { FuzzFinding, type FuzzTarget } from './target.ts';

const NUMBERS = ['0', '1', '-1', '4294967296', '18446744073709551616', '0x', '0xffffffffffffffff', '1e9', 'NaN'];
const PACKET_WORDS = [
  'SYN/ACK',
  'PSH',
  'any',
  'seq=',
  'ack=',
  'win=',
  'len=',
  'data=',
  'auto',
  'absent',
  '<',
  '>',
  ', ...',
];
const OPTION_WORDS = [
  'mp_capable',
  'mp_join',
  'dss',
  'add_addr',
  'mp_fail',
  'key=',
  'dsn=',
  'dack=',
  'csum=auto+1',
  '|',
  '..',
];

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
const lines = (...list: string[]): Uint8Array[] => list.map((line) => Buffer.from(line));

/** `send:` and `expect:` lines. */
export const packetLines: FuzzTarget = {
  name: 'packet-line',
  seeds: () =>
    lines(
      'a SYN <mp_capable version=1 flags=H>',
      'a PSH/ACK seq=1 ack=auto len=100 <dss dack=101 dsn=1 ssn=1 dlen=100 csum=auto, ...>',
      'b SYN/ACK win=65535 <mp_join id=1 B=0 hmac=auto nonce=any, nop, nop>',
      'a ACK len=1..150 <add_addr id=2 addr=host.b E=0 hmac=any|absent>',
    ),
  tokens: [...PACKET_WORDS, ...OPTION_WORDS, ...NUMBERS],
  read: (input) => {
    const line = text(input);
    attempt(() => parseSentLine(line));
    parsePacketLine(line);
  },
  errors: [NotationError],
};

/** Values and conditions on values. */
export const expressions: FuzzTarget = {
  name: 'expression',
  seeds: () =>
    lines(
      'auto',
      '1..150',
      'hmac($sut.key,$tester.key,$b.sut_nonce,$b.nonce)',
      '$x+2',
      '0x0a|absent',
      '!any',
      '?name',
      'token($tester.key)+1',
    ),
  tokens: ['(', ')', '+', '-', '*', '..', '|', ', ', '!', 'any', 'absent', 'auto', ...NUMBERS],
  read: (input) => {
    attempt(() => parseExpr(text(input), 0));
    parseMatcher(text(input), 0);
  },
  errors: [NotationError],
};

/** `sut:` lines. */
export const sutLines: FuzzTarget = {
  name: 'sut-line',
  seeds: () =>
    lines('connect', 'send bytes=100', 'recv bytes=100 -> pattern=ok', 'close', 'recv bytes=1 -> error=ECONNRESET'),
  tokens: ['->', 'ok', 'err=', 'bytes=', 'timeout=', 'fd=', 'pattern=', '=', ' ', ...NUMBERS],
  read: (input) => void parseSutLine(text(input)),
  errors: [NotationError],
};

/** Lines that an agent writes: parsing never throws, and a value comes back as it was written. */
export const agentLines: FuzzTarget = {
  name: 'agent-line',
  seeds: () =>
    lines(
      'agent protocol=2 name=linux features=sockets,links',
      '1 ok fd=conn addr=10.0.0.1',
      '2 err 111 ECONNREFUSED text',
      '3 bad what',
    ),
  tokens: ['ok', 'err', 'bad', 'agent', '=', '%', '%00', '%zz', '%C3%28', ' ', '\r', '\u0000', '\ufeff', ...NUMBERS],
  read: (input) => {
    const line = text(input);
    parseAgentLine(line);
    if (decodeValue(encodeValue(line)) !== line) throw new FuzzFinding('a value is not what it was before encodeValue');
  },
  errors: [],
};

/** Runs one of two readers of the same line; the other has the last word. */
function attempt(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
  }
}
