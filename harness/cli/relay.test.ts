/** `--sut relay:lab.yaml`: a namespace plays a host on which no agent runs; its service is docs/examples/relay.py. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readResults } from '../report/results-file.ts';
import { buildProgram, execute, PROGRAM, ROOT, temporaryFolder, type Ended } from './testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const LAB = join(ROOT, 'docs', 'examples', 'relay-lab.sh');

beforeAll(() => buildProgram(), 120_000);
afterAll(() => folder.remove());

/** @param words those of relay.py @param service what lab.yaml says of it */
function besideBench(words: string, service: string, ...command: string[]): Promise<Ended> {
  const run = [process.execPath, PROGRAM, 'run', '--sut', 'relay:lab.yaml', '--deviations', 'none'];
  const env = ['env', '-C', folder.path, `RELAY_WORDS=${words}`, `SERVICE=${service}`];
  return execute([...env, LAB, ...run, ...command]);
}

const RELAY = ['8443 192.0.2.1 8000', 'port: 8443, relays-to: "192.0.2.1:8000"'] as const;
const DATA = '3.1-connection-initiation/responder-checksum/missing-on-first-data';

test('a relay is judged; what it cannot do is skipped with the reason', async () => {
  const { code, stdout, stderr } = await besideBench(...RELAY, '-o', 'out', '-s', '3.1', '-f', 'ipv4');
  const { sut, scenarios } = readResults(join(folder.path, 'out', 'results.json'));
  expect(sut).toMatchObject({ name: 'acme-gateway', kind: 'relay', kernel: '2.1' });
  expect(stderr).toMatch(/^\d+ of \d+ scenarios can be run without an agent on the stack; the others are skipped/m);
  const of = (verdict: string) => scenarios.filter((one) => one.verdict === verdict);
  expect(of('error'), `${stdout}\n${stderr}`).toEqual([]);
  expect(of('pass').length).toBeGreaterThan(60);
  expect([0, 1, 3]).toContain(code);
  for (const { id, reason } of of('skip'))
    expect(reason, id).toMatch(/^a relay |has \d hosts?, the lab|needs 2 links, the lab has 1|declared to lack/);
});

test('a broken clause of the stack is found through the relay', async () => {
  const id = '3.1-connection-initiation/responder-checksum/missing-on-first-data#ipv4';
  const { code, stdout } = await besideBench(...RELAY, '-o', 'bad', id);
  expect(stdout).toMatch(/✘ fail {2}3\.1-connection-initiation\/responder-checksum\/missing-on-first-data#ipv4/);
  expect(stdout).toMatch(/again +npx mptcp-conformance run .* --sut relay:lab\.yaml/);
  expect(code).toBe(1);
});

test('a discard service is judged by what needs no answer', async () => {
  const { stderr } = await besideBench(
    '8443 discard',
    'port: 8443, answers: discard',
    '-o',
    'discard',
    '-s',
    '3.1',
    '-f',
    'ipv4',
  );
  const { scenarios } = readResults(join(folder.path, 'discard', 'results.json'));
  expect(
    scenarios.filter(({ verdict }) => verdict === 'error'),
    stderr,
  ).toEqual([]);
  expect(scenarios.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(4);
});

describe.each(['connect', 'socks5'])('a forward proxy, %s', (protocol) => {
  const service = [`8443 ${protocol}`, `proxy: "192.0.2.2:8443", protocol: ${protocol}`] as const;

  test('is judged as the initiator; what it cannot do is skipped with the reason', async () => {
    const { code, stdout, stderr } = await besideBench(...service, '-o', protocol, '-s', '3.1,3.3.3');
    const { scenarios } = readResults(join(folder.path, protocol, 'results.json'));
    const of = (verdict: string) => scenarios.filter((one) => one.verdict === verdict);
    expect(of('error'), `${stdout}\n${stderr}`).toEqual([]);
    expect(of('pass').length).toBeGreaterThan(60);
    expect(of('pass').filter(({ role }) => role !== 'initiator')).toEqual([]);
    expect([0, 1, 3]).toContain(code);
    for (const { id, reason } of of('skip'))
      expect(reason, id).toMatch(/^a proxy |has \d hosts?, the lab|needs 2 links, the lab has 1|declared to lack/);
  });
});

test.each([
  ['port: 8443, relays-to: "198.51.100.1:8000"', /cannot listen on 198\.51\.100\.1 port 8000: .*EADDRNOTAVAIL/],
  ['port: 8443, relays-to: backend', /relays-to: backend is not an address and a port; write 192\.0\.2\.1:8000/],
  ['port: 8443, answers: chargen', /lab\.yaml:3/],
  ['proxy: "192.0.2.2:8080"', /no proxy accepts connections at 192\.0\.2\.2 port 8080: .*ECONNREFUSED.*; start it/],
  ['proxy: "192.0.2.2:8443", answers: echo', /lab\.yaml:3/],
])('%s: exit code 2, one line', async (service, message) => {
  const { code, stderr } = await besideBench(RELAY[0], service, '-o', 'none', DATA);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n +at /);
  expect(code).toBe(2);
});
