/** `doctor` on this machine, and its checks where something is missing. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostArchitecture } from '../../sut/architecture.ts';
import type { Check } from '../../topology/machine/check.ts';
import { checkDocker } from '../../topology/machine/docker.ts';
import { checkKvm, guestFirmware, hasRun, runGuest } from '../../topology/machine/kvm.ts';
import { runProgram } from '../../topology/machine/program.ts';
import { checkNode } from './system.ts';
import {
  buildProgram,
  execute,
  mptcpConformance,
  plainEnvironment,
  PROGRAM,
  temporaryFolder,
} from '../testing/command.ts';

const folder = temporaryFolder();

beforeAll(() => buildProgram(), 60_000);
afterAll(() => folder.remove());

test('says what this machine can do; what does not work has a remedy', async () => {
  const { code, stdout, stderr } = await mptcpConformance('doctor', '--json');
  const { canRun, checks } = JSON.parse(stdout) as { canRun: boolean; checks: Check[] };
  expect(stderr).toBe('');
  expect(checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'node',
      'kernel',
      'disk',
      'unshare',
      'iproute2',
      'compiler',
      'make',
      'agent',
      'namespaces',
      'veth',
      'raw-ipv4',
      'raw-ipv6',
      'mptcp',
      'mptcp-socket',
      'ipv6',
      'netem',
      'tbf',
      'tshark',
      'docker',
      'qemu',
      'kvm',
      'tun',
    ]),
  );
  expect(checks.filter((check) => !check.works && (check.remedy ?? '') === '')).toEqual([]);
  expect(canRun).toBe(checks.every((check) => check.works || !check.needed));
  expect(code).toBe(canRun ? 0 : 2);
  // The tests of this project run scenarios, so a machine that cannot is not the machine they are for.
  expect(checks.filter((check) => !check.works && check.needed)).toEqual([]);
});

test('without its programs nothing works, and it says so', async () => {
  const { code, stdout } = await execute([process.execPath, PROGRAM, 'doctor'], {
    env: { ...plainEnvironment(), PATH: folder.path, DOCKER_HOST: 'ssh://x' },
  });
  expect(code).toBe(2);
  expect(stdout).toMatch(/✘ unshare +not found\n +→ sudo apt-get install -y util-linux/);
  expect(stdout).toMatch(/- C compiler, static libc +no cc on the PATH/);
  expect(stdout).toMatch(/✘ .*network namespaces +cannot start "unshare": .*ENOENT/);
  expect(stdout).toMatch(/- Docker daemon .*DOCKER_HOST is "ssh:\/\/x"/);
  expect(stdout).toContain('"mptcp-conformance run" cannot work here');
});

test('an old Node.js is too old', () => {
  expect(checkNode('20.18.3')).toMatchObject({ works: false, needed: true });
  expect([checkNode('20.19.0').works, checkNode('22.1.0').works]).toEqual([true, true]);
});

describe('Docker', () => {
  test('a daemon that answers, one that talks nonsense, and none', async () => {
    const socket = join(folder.path, 'docker.sock');
    let body = '{"Version":"27.5.1","ApiVersion":"1.47"}';
    const server = createServer((request, response) => response.end(request.url === '/version' ? body : ''));
    server.listen(socket);
    await once(server, 'listening');
    const environment = { DOCKER_HOST: `unix://${socket}` };
    expect(await checkDocker(environment)).toMatchObject({
      works: true,
      detail: expect.stringContaining('27.5.1, API 1.47') as string,
    });
    body = 'hello';
    expect(await checkDocker(environment)).toMatchObject({
      works: false,
      detail: expect.stringContaining("expected a daemon's version as JSON") as string,
    });
    server.close();
    await once(server, 'close');
    expect(await checkDocker(environment)).toMatchObject({
      works: false,
      detail: expect.stringContaining('no answer at') as string,
    });
  });
});

describe('KVM', () => {
  test("the guest's firmware ends at the reset vector and runs", async (context) => {
    const firmware = guestFirmware();
    expect(firmware).toHaveLength(0x10000);
    expect(firmware[0xfff0]).toBe(0xe9);
    const { isMissing } = await runProgram(['qemu-system-x86_64', '--version']);
    if (isMissing) context.skip('qemu-system-x86_64 is not installed');
    const guest = await runGuest('tcg');
    expect(hasRun(guest), guest.said).toBe(true);
  });

  test('no device', async () => {
    expect(await checkKvm(hostArchitecture(), join(folder.path, 'kvm'))).toMatchObject({
      works: false,
      needed: false,
      remedy: expect.stringContaining('virtualisation') as string,
    });
  });
});
