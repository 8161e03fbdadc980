/** `check` as a user runs it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeBulkCapture } from '../../monitor/testing/bulk-capture.ts';
import { altered, encoded, goodConversation, optionOf, type NamedPacket } from '../../monitor/testing/conversation.ts';
import { captureFile, type CaptureFormat } from '../../wire/testing/capture-files.ts';
import { Readable } from 'node:stream';
import { repeated } from '../../wire/testing/repeated-capture.ts';
import { check, type CheckOptions } from './check.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import { buildProgram, execute, PROGRAM, ROOT } from '../testing/command.ts';
import { checkPiped } from '../testing/piped.ts';
import { twoStackTransfer, type TransferChoice } from '../testing/two-stacks.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-'));
afterAll(() => rmSync(folder, { recursive: true }));
const TRANSFER: TransferChoice = { family: 'ipv4', checksums: true, lossy: false };

function file(name: string, packets: readonly NamedPacket[], format: CaptureFormat = 'pcap', linkType = 101): string {
  const path = join(folder, name);
  writeFileSync(path, contents(packets, format, linkType));
  return path;
}

function contents(packets: readonly NamedPacket[], format: CaptureFormat, linkType: number): Uint8Array {
  return captureFile(
    format,
    encoded(packets).map(({ at, bytes }) => ({ at, bytes, original: bytes.length })),
    linkType,
  );
}

async function run(
  files: string[],
  options: Partial<CheckOptions> = {},
  input?: Readable,
): Promise<{ code: number; text: string }> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((more) => {
    text += String(more);
    return true;
  });
  try {
    return { code: await check(files, { complete: false, info: false, ...options }, input), text };
  } finally {
    spy.mockRestore();
  }
}

const good = goodConversation();
const bad = altered(good, 'b-data', (packet) => {
  optionOf(packet, 'dss').reserved = 1;
});

test('a conversation that keeps to the RFC', async () => {
  const { code, text } = await run([file('good.pcap', good)]);
  expect(code).toBe(0);
  expect(text).toMatch(
    /^connection 1, version 1, tokens 0x[0-9a-f]{8} 0x[0-9a-f]{8}, checksums off, 32 packets, .*712 B > < 100 B, DATA_FIN in both directions$/m,
  );
  expect(text).toMatch(
    /^ {2}subflow 2, 10\.0\.0\.2:40001 \(id 2\) > 10\.0\.0\.11:5001 \(id 0\), MP_JOIN by the initiator, .*, 301 B > < 50 B, FIN$/m,
  );
  expect(text).toMatch(/clauses: 2\d\d kept, 0 broken/);
});

test('a departure: the clause, the host, the packet', async () => {
  const { code, text } = await run([file('bad.pcapng', bad, 'pcapng-nano')]);
  expect(code).toBe(1);
  expect(text).toMatch(/✘ fail 3\.3-7\.s6 initiator, subflow 2, packet 14: reserved bits of DSS are set/);
  expect(text).toMatch(/expected {2}0\n +actual {4}0x01\n +\w+: 2 PSH\/ACK seq=1 ack=1 .*dss rsv=0x1/);
});

test('standard input, gzipped', async () => {
  const input = Readable.from([gzipSync(contents(bad, 'pcap', 101))]);
  const { code, text } = await run(['-'], {}, input);
  expect(code).toBe(1);
  expect(text).toMatch(/^standard input: 32 packets, 32 of MPTCP connections$/m);
});

test('what is found as JSON and as a page', async () => {
  const json = join(folder, 'found.json');
  const html = join(folder, 'found.html');
  await run([file('bad.pcap', bad)], { json, html });
  const found = JSON.parse(readFileSync(json, 'utf8')) as {
    files: { connections: { findings: { clause: string; verdict: string }[] }[] }[];
  };
  expect(found.files[0]?.connections[0]?.findings).toContainEqual(
    expect.objectContaining({ clause: '3.3-7.s6', verdict: 'fail' }),
  );
  const page = readFileSync(html, 'utf8');
  expect(page).toMatch(/<svg .*>Initiator</s);
  expect(page).toContain('✘ fail 3.3-7.s6');
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toContain('src=');
  expect(page).toMatch(/<td>1<\/td><td><a href="#[^"]+">connection 1<\/a> reserved bits/);
  const target = /href="#([^"]+)"/.exec(page)?.[1] ?? '';
  expect(page).toContain(`id="${target}"`);
  expect(page).toContain('frame.number == 14');
});

test('names in captures are escaped on the page', async () => {
  const html = join(folder, 'escaped.html');
  await run([file('<img src=x onerror=alert(1)>.pcap'.replaceAll('/', ''), bad)], { html });
  expect(readFileSync(html, 'utf8')).not.toContain('<img');
});

test('one connection of several', async () => {
  const path = join(folder, 'many.pcap');
  writeBulkCapture(path, { packets: 400, segment: 100, connections: 4 });
  expect((await run([path], { connection: 3 })).text.match(/^connection/gm)).toHaveLength(1);
  expect((await run([path])).text.match(/^connection/gm)).toHaveLength(4);
  await expect(run([path], { connection: 9 })).rejects.toThrow(/no connection 9 in/);
});

test('--complete judges what is not in the capture', async () => {
  const path = file(
    'join.pcap',
    good.filter((one) => one.name !== 'join-fourth'),
  );
  expect((await run([path])).code).toBe(0);
  const { code, text } = await run([path], { complete: true });
  expect(code).toBe(1);
  expect(text).toMatch(/3\.2-14\.s4.*data is sent before the peer acknowledged/);
});

test('other traffic, a damaged file, no file', async () => {
  const strange = file('strange.pcap', good, 'pcap', 195);
  expect((await run([strange])).text).toMatch(
    /\d+ without an IP packet: \d+ link type 195 \(IEEE 802\.15\.4\)\n {2}packets of these link types cannot be read.*\n {2}no MPTCP connections/,
  );
  expect((await run([strange])).code).toBe(2);
  const cut = join(folder, 'cut.pcap');
  writeFileSync(cut, contents(good, 'pcap', 101).subarray(0, 1000));
  expect(await run([cut])).toMatchObject({
    code: 0,
    text: expect.stringMatching(/the file ends within a record/) as string,
  });
  const damaged = contents(good, 'pcap', 101);
  new DataView(damaged.buffer).setUint32(24 + 8, 0x7fffffff, true);
  writeFileSync(cut, damaged);
  expect((await run([cut])).code).toBe(2);
  await expect(run([join(folder, 'nothing.pcap')])).rejects.toThrow(/nothing\.pcap: cannot be read/);
  await expect(run(['-', '-'])).rejects.toThrow(/standard input can be read only once/);
});

test('the JSON of a run that fails is not left half written', async () => {
  const json = join(folder, 'half.json');
  await expect(run([file('whole.pcap', good), join(folder, 'missing.pcap')], { json })).rejects.toThrow(
    /cannot be read/,
  );
  expect(readdirSync(folder).filter((name) => name.includes('half.json'))).toEqual([]);
});

/** A connection over the loopback while tcpdump pipes what it sees into the program. */
const LIVE = `
set -eu
ip link set lo up
mkfifo pipe
"$2" "$3" check - < pipe > said & judge=$!
tcpdump -i lo -U --immediate-mode -w - tcp > pipe 2> tcpdump.log & dump=$!
until grep -q listening tcpdump.log; do kill -0 $dump; done
touch agent.log
ask() { while read -r id rest; do echo "$id $rest"; until grep -q "^$id " agent.log; do kill -0 $dump; done; done; }
ask <<END | "$1" > agent.log
1 socket family=ipv4 name=l
2 bind fd=l addr=127.0.0.1 port=4000
3 listen fd=l
4 socket family=ipv4 name=c
5 connect fd=c addr=127.0.0.1 port=4000 timeout=5000
6 accept fd=l as=s timeout=5000
7 send fd=c fill=3000 timeout=5000
8 recv fd=s bytes=3000 timeout=5000
END
kill -INT $dump
wait $dump
wait $judge
`;

test('live, from tcpdump', { timeout: 60_000 }, async () => {
  buildProgram();
  const enter = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const { code, stderr } = await execute(
    [
      'unshare',
      ...enter,
      '--net',
      '--mount',
      '--',
      'bash',
      '-c',
      LIVE,
      'live',
      await ensureAgent(ROOT),
      process.execPath,
      PROGRAM,
    ],
    { cwd: folder },
  );
  const said = readFileSync(join(folder, 'said'), 'utf8');
  expect(code, `${said}\n${stderr}\n${readFileSync(join(folder, 'agent.log'), 'utf8')}`).toBe(0);
  expect(said).toMatch(/^connection 1, version 1, .*, 3\.00 kB > < 0 B/m);
});

describe('memory stays bounded', () => {
  beforeAll(buildProgram, 60_000);

  test.each([
    [
      'a long transfer between two stacks',
      256,
      async () => readFileSync((await twoStackTransfer(TRANSFER, folder))[0]!.path),
    ],
    ['a great many short connections', 16, () => Promise.resolve(contents(good, 'pcap', 101))],
  ])('with %s', { timeout: 240_000 }, async (_, megabytes, capture) => {
    const { memory, text, code } = await checkPiped(repeated(await capture(), megabytes * 2 ** 20));
    expect(code, text).toBe(0);
    expect(text).toMatch(/packets, \d{5,} of MPTCP connections/);
    expect(memory, 'kilobytes').toBeLessThan(300_000);
  });
});

describe('many connections', () => {
  const paths = [file('first.pcap', good), file('second.pcap', bad)];

  test('an overview: clauses by count, with their words; hosts', async () => {
    const { code, text } = await run(paths, { overview: true });
    expect(code).toBe(1);
    expect(text).not.toMatch(/^connection/m);
    expect(text).toMatch(/^Overview: 2 connections, 1 with a broken clause$/m);
    expect(text).toMatch(/✘ fail \S+ 3\.3-7\.s6 {2}1 time in 1 connection by 1 host\n {4}\w/);
    expect(text).toMatch(/first: \S+second\.pcap, connection 1, packet 14, 10\.\S+:\s+reserved\s+bits/);
    expect(text).toMatch(/^ {2}host +connections +clauses kept +broken/m);
  });

  test('--only-broken, --host, --clause and --level leave out the rest', async () => {
    expect((await run(paths, { onlyBroken: true })).text.match(/^connection/gm)).toEqual(['connection']);
    expect((await run(paths, { clause: ['3.3-7.s6'] })).text).toMatch(/^Overview: 2 connections, 1 with/m);
    expect((await run(paths, { level: ['may'] })).code).toBe(0);
    const hosts = await Promise.all(['10.0.0.1', '10.0.0.11'].map((host) => run(paths, { host: [host] })));
    expect(hosts.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect((await run(paths, { host: ['203.0.113.9'] })).text).not.toMatch(/^connection/m);
  });

  test('what a known stack is declared to do is marked, and does not count', async () => {
    const list = join(folder, 'known.yaml');
    writeFileSync(
      list,
      'sut: acme\nfindings:\n  reserved-bits:\n    title: Reserved bits are set\n    reason: A known fault.\n    clauses: [3.3-7.s6]\n',
    );
    const { code, text } = await run(paths, { deviations: list });
    expect(text).toMatch(/≈ declared 3\.3-7\.s6.*\n +declared {2}Reserved bits are set/);
    expect(code).toBe(0);
  });

  test.each([
    ['any any <dss, ...>', 0],
    ['any SYN <dss, ...>', 1],
  ])('a declaration that says %s covers what shows that: exit code %s', async (line, expected) => {
    const list = join(folder, 'known.yaml');
    const finding = `reserved-bits:\n    title: Reserved bits are set\n    reason: A known fault.\n    instead: ['${line}']\n    clauses: [3.3-7.s6]`;
    writeFileSync(list, `sut: acme\nfindings:\n  ${finding}\n`);
    expect((await run(paths, { deviations: list })).code).toBe(expected);
  });

  test.each<[Partial<CheckOptions>, RegExp]>([
    [{ host: ['router'] }, /--host router: expected an IP address/],
    [{ clause: ['3.3-7.s66'] }, /unknown clause "3\.3-7\.s66".*(did you mean|lists all)/],
    [{ level: ['most'] }, /unknown level "most"; levels are must/],
    [{ section: ['9.9'] }, /unknown section "9\.9"/],
    [{ deviations: 'linux-6.81' }, /no such file or baseline.*; baselines are linux-6\.1/],
  ])('%j is refused in one line', async (options, message) => {
    await expect(run(paths, options)).rejects.toThrow(message);
  });
});
