import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TopologyError } from '../types.ts';
import { writeCpio } from './cpio.ts';
import { makeInitramfs } from './initramfs.ts';
import { dependsOf, moduleName, parseModulesDep, resolveModules } from './modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'initramfs-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads an archive as cpio(5) has it; an independent reading of what was written. */
function readCpio(archive: Buffer): { name: string; mode: number; content: Buffer; major: number }[] {
  const entries = [];
  for (let at = 0; ;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, major, nameSize] = [field(1), field(6), field(9), field(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const body = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === 'TRAILER!!!') return entries;
    entries.push({ name, mode, content: archive.subarray(body, body + size), major });
    at = Math.ceil((body + size) / 4) * 4;
  }
}

/** Something with a `.modinfo`. */
function moduleFile(name: string, depends: string): Buffer {
  return Buffer.from(`\x7fELF..\0license=GPL\0depends=${depends}\0name=${name}\0`);
}

describe('the archive', () => {
  test('holds what was put in, aligned', () => {
    const read = readCpio(
      writeCpio([
        { path: 'a', mode: 0o755 },
        { path: 'a/b', content: Buffer.from('12345'), mode: 0o644 },
        { path: 'tty', device: [5, 1], mode: 0o600 },
      ]),
    );
    expect(read.map(({ name, mode, content }) => [name, mode.toString(8), content.toString()])).toEqual([
      ['a', '40755', ''],
      ['a/b', '100644', '12345'],
      ['tty', '20600', ''],
    ]);
  });

  test('holds the agent and its modules in their order', () => {
    const read = readCpio(
      makeInitramfs(Buffer.from('agent'), [
        { file: 'x.ko', content: Buffer.from('x') },
        { file: 'y.ko', content: Buffer.from('y') },
      ]),
    );
    const of = (path: string) => read.find(({ name }) => name === path);
    expect(of('init')?.content.toString()).toBe('agent');
    expect(of('modules/order')?.content.toString()).toBe('x.ko\ny.ko\n');
    expect(of('modules/y.ko')?.content.toString()).toBe('y');
  });
});

describe('modules', () => {
  const tree = (name: string, files: Record<string, Buffer | string>): string => {
    const root = join(folder, name);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  };
  const names = async (root: string): Promise<string[]> =>
    (await resolveModules(root, ['virtio_net'])).map(({ file }) => file);

  test('have one name, however they are written', () => {
    expect(moduleName('kernel/net/virtio-net.ko.xz')).toBe('virtio_net');
    expect(dependsOf(moduleFile('virtio_net', 'net_failover,virtio-ring'))).toEqual(['net_failover', 'virtio_ring']);
    expect(parseModulesDep('kernel/a.ko.xz: kernel/b.ko kernel/c.ko\nkernel/b.ko:\n')).toEqual(
      new Map([
        ['kernel/a.ko.xz', ['kernel/b.ko', 'kernel/c.ko']],
        ['kernel/b.ko', []],
      ]),
    );
  });

  test('are found by modules.dep', async () => {
    const root = tree('dep', {
      'kernel/virtio_net.ko': 'n',
      'kernel/net_failover.ko': 'f',
      'kernel/failover.ko': 'o',
      'modules.dep':
        'kernel/virtio_net.ko: kernel/net_failover.ko kernel/failover.ko\nkernel/net_failover.ko: kernel/failover.ko\nkernel/failover.ko:\n',
    });
    expect(await names(root)).toEqual(['failover.ko', 'net_failover.ko', 'virtio_net.ko']);
  });

  test.each([
    ['.xz', ['xz']],
    ['.zst', ['zstd', '-q', '--rm']],
    ['', []],
  ])('are asked themselves where depmod has not run; suffix "%s"', async (suffix, pack) => {
    const root = tree(`plain${suffix}`, {
      'kernel/virtio_net.ko': moduleFile('virtio_net', 'net_failover'),
      'kernel/net_failover.ko': moduleFile('net_failover', 'failover,virtio'),
      'kernel/failover.ko': moduleFile('failover', ''),
      'modules.builtin': 'kernel/drivers/virtio/virtio.ko\n',
    });
    const [program, ...args] = pack;
    if (program !== undefined)
      for (const name of ['virtio_net', 'net_failover', 'failover'])
        execFileSync(program, [...args, join(root, 'kernel', `${name}.ko`)]);
    const loaded = await resolveModules(root, ['virtio_net']);
    expect(loaded.map(({ file }) => file)).toEqual(['failover.ko', 'net_failover.ko', 'virtio_net.ko']);
    expect(Buffer.from(loaded[2]?.content ?? []).toString('latin1')).toContain('name=virtio_net');
  });

  test('that are missing are named, with who needs them', async () => {
    const root = tree('missing', {
      'kernel/virtio_net.ko': moduleFile('virtio_net', 'failover'),
      'modules.builtin': '',
    });
    await expect(names(root)).rejects.toThrow(TopologyError);
    await expect(names(root)).rejects.toThrow(
      /module failover, needed by virtio_net, is missing and not in modules\.builtin/,
    );
  });
});
