import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeValue, encodeRequest, encodeValue, parseAgentLine } from './agent-line.ts';

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const name = fc.stringMatching(/^[A-Za-z0-9._:-]{1,20}$/);
const fields = fc.dictionary(name, text, { maxKeys: 8 });

function asAnswer(id: string, values: Record<string, string>): string {
  return [id, 'ok', ...Object.entries(values).map(([key, value]) => `${key}=${encodeValue(value)}`)].join(' ');
}

describe('values', () => {
  test('come back as they went', () => {
    fc.assert(fc.property(text, (value) => decodeValue(encodeValue(value)) === value));
  });

  test('never hold what separates words', () => {
    fc.assert(fc.property(text, (value) => !/[\x00-\x20\x7f=]/.test(encodeValue(value))));
  });

  test('may come with every byte percent-encoded', () => {
    fc.assert(
      fc.property(text, (value) => {
        const encoded = Buffer.from(value, 'utf8')
          .toString('hex')
          .replace(/../g, (pair) => `%${pair}`);
        return decodeValue(encoded) === value;
      }),
    );
  });

  test.each(['%', '%4', 'a%zz', '%%20'])('are refused when the percent sign leads nowhere: %s', (value) => {
    expect(decodeValue(value)).toBeUndefined();
  });
});

describe('encodeRequest', () => {
  test('writes id, command and arguments', () => {
    expect(encodeRequest('7', 'log', { text: 'a b=c%', fd: 3 })).toBe('7 log text=a%20b%3Dc%25 fd=3');
  });

  test('refuses what cannot stand on a line', () => {
    expect(() => encodeRequest('1', 'a b')).toThrow(/'a b' is not a word/);
    expect(() => encodeRequest('1', 'send', { 'k k': 1 })).toThrow(/'k k' is not a word/);
    expect(() => encodeRequest('1', 'log', { text: 'a\0b' })).toThrow(/cannot contain NUL; send bytes as hex/);
  });
});

describe('parseAgentLine', () => {
  test('reads back any answer', () => {
    fc.assert(
      fc.property(name, fields, (id, values) => {
        expect(parseAgentLine(asAnswer(id, values))).toEqual({ kind: 'ok', id, fields: { ...values } });
      }),
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (line) => {
        expect(['greeting', 'ok', 'err', 'nonsense']).toContain(parseAgentLine(line).kind);
      }),
    );
  });

  test('reads greetings and errors', () => {
    expect(parseAgentLine('agent protocol=2 name=x features=')).toEqual({
      kind: 'greeting',
      fields: { protocol: '2', name: 'x', features: '' },
    });
    expect(parseAgentLine('4 err 110 ETIMEDOUT bytes=5 eof=0')).toEqual({
      kind: 'err',
      id: '4',
      errno: 110,
      code: 'ETIMEDOUT',
      detail: 'bytes=5 eof=0',
    });
    expect(parseAgentLine('4 err 107 ENOTCONN')).toMatchObject({ code: 'ENOTCONN', detail: '' });
    expect(parseAgentLine('4 bad recv takes no byts=')).toEqual({
      kind: 'bad',
      id: '4',
      detail: 'recv takes no byts=',
    });
  });

  test.each([
    ['', /not the id of a request/],
    ['1', /followed by ok, err or bad/],
    ['1 maybe', /followed by ok, err or bad/],
    ['1 ok a', /not key=value/],
    ['1 ok =a', /not key=value/],
    ['1 ok  a=1', /not key=value/],
    ['1 ok a=1 a=2', /a= is repeated/],
    ['1 ok a=%', /hexadecimal/],
    ['1 err x ENOENT', /errno and its name/],
    ['Linux version 6.18 ', /followed by ok, err or bad/],
  ])('says what is wrong with "%s"', (line, problem) => {
    expect(parseAgentLine(line)).toEqual({ kind: 'nonsense', problem: expect.stringMatching(problem) as string });
  });
});
