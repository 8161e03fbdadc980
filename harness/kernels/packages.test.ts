import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { mirrorOf } from './apt.ts';
import { ARCHITECTURES } from '../sut/architecture.ts';
import { identify } from './image.ts';
import { configFragment, configProblems, notableOptions, parseConfig } from './kernel-config.ts';
import { isPath, localKernel } from './local.ts';
import { chooseKernels, findKernels } from './packages.ts';
import { compareKernelVersions, parseVersion } from './version.ts';

function paragraph(name: string, version: string, more = ''): string {
  return `Package: ${name}\nVersion: ${version}\nSize: 20000000\n${more}`;
}

const DUMP = [
  paragraph('linux-image-6.1.0-55-cloud-amd64', '6.1.192-1'),
  paragraph('linux-image-6.1.0-56-cloud-amd64', '6.1.192-2'),
  paragraph('linux-image-6.1.0-56-amd64', '6.1.192-2'),
  paragraph('linux-image-6.1.0-56-cloud-amd64-dbg', '6.1.192-2'),
  paragraph('linux-image-6.1.0-56-cloud-amd64-unsigned', '6.1.192-2'),
  paragraph(
    'linux-image-6.18.15+deb13-cloud-amd64',
    '6.18.15-1~bpo13+1',
    'Depends: kmod, linux-base-6.18.15+deb13-cloud-amd64 (= 6.18.15-1~bpo13+1)\n',
  ),
  'Package: linux-image-6.12-cloud-amd64\nVersion: 6.12.117-1\nSize: 1500\n',
  paragraph(
    'linux-image-7.0.13+deb13-cloud-amd64',
    '7.0.13-1',
    'Depends: linux-binary-7.0.13+deb13-cloud-amd64, linux-modules-7.0.13+deb13-cloud-amd64\n',
  ),
  paragraph(
    'linux-image-7.3.4+deb13-cloud-amd64',
    '7.3.4-1',
    'Depends: a | b, linux-base-7.3.4+deb13-cloud-amd64 (= 1), linux-binary-7.3.4+deb13-cloud-amd64 (= 1), linux-modules-7.3.4+deb13-cloud-amd64 (= 1)\n',
  ),
  ...['base', 'binary', 'modules'].map((part) => paragraph(`linux-${part}-7.3.4+deb13-cloud-amd64`, '7.3.4-1')),
  paragraph('linux-image-7.4~rc1-cloud-amd64', '7.4~rc1-1~exp1'),
].join('\n');

describe('kernels among packages', () => {
  const kernels = findKernels(DUMP, 'amd64');

  test('are those whose parts are all there, newest first, the best build of each version before the others', () => {
    expect(kernels.map(({ name }) => name)).toEqual([
      'linux-image-7.4~rc1-cloud-amd64',
      'linux-image-7.3.4+deb13-cloud-amd64',
      'linux-image-6.18.15+deb13-cloud-amd64',
      'linux-image-6.1.0-56-cloud-amd64',
      'linux-image-6.1.0-55-cloud-amd64',
      'linux-image-6.1.0-56-cloud-amd64-unsigned',
      'linux-image-6.1.0-56-amd64',
    ]);
  });

  test('are in one package, or since 6.19 in several', () => {
    expect(chooseKernels(kernels, '7.3')[0]).toMatchObject({
      release: '7.3.4+deb13-cloud-amd64',
      size: 60e6,
      parts: [
        'linux-base-7.3.4+deb13-cloud-amd64',
        'linux-binary-7.3.4+deb13-cloud-amd64',
        'linux-modules-7.3.4+deb13-cloud-amd64',
      ],
    });
    expect(chooseKernels(kernels, '6.18')[0]?.parts).toEqual(['linux-image-6.18.15+deb13-cloud-amd64']);
  });

  test.each([
    ['6.1', '6.1.0-56-cloud-amd64'],
    ['6.1.192', '6.1.0-56-cloud-amd64'],
    ['6.1.0-55-cloud-amd64', '6.1.0-55-cloud-amd64'],
    ['linux-image-6.1.0-56-amd64', '6.1.0-56-amd64'],
    ['7.4', '7.4~rc1-cloud-amd64'],
    ['6.12', undefined],
    ['7.0', undefined],
    ['6.1.1', undefined],
    ['six', undefined],
  ])('%s means %s', (wanted, release) => expect(chooseKernels(kernels, wanted)[0]?.release).toBe(release));

  test('a release candidate is older than the release', () => {
    const of = (text: string) => parseVersion(text)!;
    expect(compareKernelVersions(of('7.4~rc1-1'), of('7.4-1'))).toBeLessThan(0);
    expect(compareKernelVersions(of('6.9'), of('6.10'))).toBeLessThan(0);
    expect(parseVersion('x')).toBeUndefined();
  });
});

describe('the mirror', () => {
  test.each([
    [
      ['deb http://deb.debian.org/debian bookworm main\n'],
      { main: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' },
    ],
    [
      ['deb [signed-by=/k.gpg] https://m.example/debian/ sid main\n'],
      { main: 'https://m.example/debian', security: 'https://m.example/debian-security' },
    ],
    [
      [
        'Types: deb\nURIs: http://a.example/debian\nSuites: x\n',
        'Types: deb\nURIs: http://b.example/debian-security\n',
      ],
      { main: 'http://a.example/debian', security: 'http://b.example/debian-security' },
    ],
    [['# nothing\n', 'deb https://packages.example/apt x main\n'], undefined],
  ])('is what apt uses: %j', (sources, mirror) => expect(mirrorOf(sources)).toEqual(mirror));
});

describe("a kernel of one's own", () => {
  const folder = mkdtempSync(join(tmpdir(), 'local-kernel-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const image = Buffer.alloc(0x1000);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x300, 0x20e);
  image.write('6.99.1-mine (me@host) #1 SMP today\0', 0x500, 'latin1');

  const banner = 'Linux version 6.99.1-mine (me@host) (gcc 15) #1 SMP today\n';
  const arm64 = Buffer.alloc(0x1000);
  arm64.write('ARM\x64', 0x38, 'latin1');
  arm64.write(banner, 0x500);
  const riscv64 = Buffer.alloc(0x1000);
  riscv64.write('RISCV', 0x30);
  riscv64.write(banner, 0x500);
  const s390x = Buffer.alloc(0x30000);
  s390x.write('S390EP', 0x10008);
  s390x.writeBigUInt64BE(0x20000n, 0x10428);
  s390x.write('6.99.1-mine (me@host) #1 SMP today', 0x20000);
  const images = { x86_64: image, aarch64: arm64, riscv64, s390x };

  test.each(Object.entries(images))('says its release and that it is for %s', (architecture, bytes) => {
    const facts = { architecture, release: '6.99.1-mine', build: '#1 SMP today' };
    expect(identify(bytes, 'image')).toEqual(facts);
    expect(identify(gzipSync(bytes), 'image.gz')).toEqual(facts);
  });

  test.each([
    ['\x7fELF', /file: an ELF file \(vmlinux\), which QEMU does not start; give one of arch\/x86\/boot\/bzImage/],
    ['MZ\0\0zimg', /file: an EFI zboot image/],
    ['#!/bin/sh', /file: not a kernel image; give one of/],
    ['\x1f\x8bcut', /file: damaged or truncated/],
  ])('%j is refused in one line', (start, message) =>
    expect(() => identify(Buffer.from(start, 'latin1'), 'file')).toThrow(message),
  );

  test('is found with its configuration; modules have to be its own', () => {
    const file = join(folder, 'bzImage');
    writeFileSync(file, image);
    writeFileSync(join(folder, '.config'), 'CONFIG_MPTCP=y\n');
    expect(isPath(file)).toBe(true);
    expect(isPath('6.12')).toBe(false);
    expect(localKernel(file)).toEqual({
      release: '6.99.1-mine',
      build: '#1 SMP today',
      architecture: 'x86_64',
      image: file,
      origin: file,
      config: join(folder, '.config'),
    });
    expect(() => localKernel(file, folder)).toThrow(/expected the modules of 6\.99\.1-mine/);
    expect(() => localKernel(join(folder, 'none'))).toThrow(/cannot be read/);
  });

  test('is told apart from one that cannot be judged', () => {
    const config = parseConfig(
      'CONFIG_MPTCP=y\n# CONFIG_KASAN is not set\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_DEVTMPFS=y\nCONFIG_SERIAL_8250_CONSOLE=y\n' +
        'CONFIG_NET_NS=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_NET=m\nCONFIG_VIRTIO_CONSOLE=y\nCONFIG_HZ=250\nCONFIG_X=y\n',
    );
    const { x86_64, s390x: s390 } = ARCHITECTURES;
    expect(configProblems(config, x86_64, true)).toEqual([]);
    expect(configProblems(config, x86_64, false)).toEqual(['CONFIG_VIRTIO_NET is not y: links are virtio devices']);
    expect(configProblems(config, s390, true).join()).toMatch(/CONFIG_SCLP_VT220_CONSOLE.*CONFIG_S390_GUEST/);
    expect(notableOptions(config)).toEqual({ CONFIG_MPTCP: 'y', CONFIG_HZ: '250' });
    expect(configProblems(parseConfig('CONFIG_NET_NS=y\n'), x86_64, true)).toHaveLength(7);
  });

  test.each(Object.values(ARCHITECTURES))('has nothing to complain of in the fragment for $name', (architecture) => {
    expect(configProblems(parseConfig(configFragment(architecture)), architecture, false)).toEqual([]);
  });
});
