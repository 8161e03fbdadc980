/** The capture for Wireshark, as tshark reads it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildProgram, mptcpConformance, SCENARIO, temporaryFolder } from '../testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const ID = `${SCENARIO}#ipv4`;

beforeAll(async () => {
  buildProgram();
  await mptcpConformance('run', ID, '-o', at('out'));
}, 240_000);
afterAll(() => folder.remove());

function fields(file: string, ...names: string[]): string[][] {
  const { stdout } = spawnSync('tshark', ['-r', file, '-T', 'fields', ...names.flatMap((name) => ['-e', name])], {
    encoding: 'utf8',
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

test('packets have the step, the verdict and the clause; the file has the keys', async () => {
  const { code, stdout, stderr } = await mptcpConformance(
    ...['show', ID, '-r', at('out/results.json'), '--pcapng', at('x.pcapng')],
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`capture with comments: ${at('x.pcapng')}\ndisplay filter: frame.comment\n`);
  const packets = fields(at('x.pcapng'), 'frame.interface_name', 'tcp.flags.str', 'frame.comment');
  expect(packets.length).toBeGreaterThan(4);
  expect(new Set(packets.map(([name]) => name)).size).toBe(1);
  expect(packets[0]?.[0]).toMatch(/^10\.[\d.]+ - 10\.[\d.]+$/);
  expect(packets[0]?.[2]).toBe('send: a SYN');
  expect(packets[1]?.[2]).toMatch(/^pass 3\.1-1\.s2.*: expect: a SYN\/ACK <mp_capable key=any>/);
  const about = readFileSync(at('x.pcapng'), 'latin1');
  expect(about).toContain(ID);
  expect(about.match(/key of 10\.[\d.]+ port \d+: 0x[0-9a-f]{16}/g)).toHaveLength(2);
  const original = fields(
    join(folder.path, 'out/evidence', ID.replace('#', '/'), 'capture.pcap'),
    'frame.len',
    'tcp.seq_raw',
  );
  expect(fields(at('x.pcapng'), 'frame.len', 'tcp.seq_raw')).toEqual(original);
});

test('the capture of a departure has the comments from the start', async () => {
  const broken = '3.1-connection-initiation/responder-checksum/missing-on-first-data#ipv4';
  const file = at(
    'broken/evidence/3.1-connection-initiation/responder-checksum/missing-on-first-data/ipv4/capture.pcapng',
  );
  const run = await mptcpConformance('run', broken, '--deviations', 'none', '-o', at('broken'));
  expect(run.code).toBe(1);
  expect(run.stdout).toContain('capture.pcapng');
  const comments = fields(file, 'frame.number', 'frame.comment').filter(([, comment]) =>
    /(^|\\n)fail /.test(comment ?? ''),
  );
  expect(comments).toHaveLength(1);
  const shown = await mptcpConformance('show', broken, '-r', at('broken/results.json'), '--pcapng', at('z.pcapng'));
  expect(shown.stdout).toContain(`display filter: frame.number in {${comments[0]?.[0] ?? ''}}`);
  expect(readFileSync(at('z.pcapng'))).toEqual(readFileSync(file));
});

test('several variants, and captures that were not kept, are refused', async () => {
  const several = await mptcpConformance('show', 'none', '-r', at('out/results.json'), '--wireshark');
  expect(several.code).toBe(2);
  const ended = await mptcpConformance('run', ID, '-o', at('lean'), '--keep-captures', 'failed');
  expect(ended.code).toBe(0);
  const lean = await mptcpConformance('show', ID, '-r', at('lean/results.json'), '--pcapng', at('y.pcapng'));
  expect(lean).toMatchObject({ code: 2, stderr: expect.stringMatching(/was not kept; run it again/) as string });
});
