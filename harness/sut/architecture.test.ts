import { describe, expect, test } from 'vitest';
import { guestCommand } from '../topology/qemu/qemu-command.ts';
import { ARCHITECTURES, ARCHITECTURE_NAMES, findArchitecture, hostArchitecture } from './architecture.ts';

describe('architectures', () => {
  test.each([
    ['s390x', 's390x'],
    ['arm64', 'aarch64'],
    ['AARCH64', 'aarch64'],
    ['x86-64', 'x86_64'],
    ['amd64', 'x86_64'],
    ['riscv64', 'riscv64'],
    ['mips', undefined],
  ])('%s names %s', (word, name) => expect(findArchitecture(word)?.name).toBe(name));

  test.each([
    ['x64', 'x86_64'],
    ['arm64', 'aarch64'],
    ['s390x', 's390x'],
    ['ia32', undefined],
  ])("Node's %s is %s", (word, name) => expect(hostArchitecture(word)?.name).toBe(name));

  test.each(ARCHITECTURE_NAMES)('of %s: names that no other has', (name) => {
    const words = ({ debian, aliases }: (typeof ARCHITECTURES)[typeof name]): string[] => [debian, ...aliases];
    const others = ARCHITECTURE_NAMES.filter((one) => one !== name).flatMap((one) => words(ARCHITECTURES[one]));
    expect(words(ARCHITECTURES[name]).filter((word) => others.includes(word))).toEqual([]);
  });

  test.each(ARCHITECTURE_NAMES)(
    "of %s: every device of a guest is on the architecture's bus, in the order of the taps",
    (name) => {
      const command = guestCommand({
        image: 'image',
        architecture: name,
        initramfs: 'initramfs',
        accelerator: 'tcg',
        taps: Array.from({ length: 12 }, (_, index) => `tap${index}`),
      });
      const { program, transport, console } = ARCHITECTURES[name].emulator;
      expect(command).toContain(program);
      expect(command.join(' ')).toContain(`console=${console} `);
      const devices = command.filter((word) => word.startsWith('virtio-net-'));
      expect(devices).toHaveLength(12);
      const places = devices.map((word) => /(?:addr|devno)=([\w.]+)/.exec(word)?.[1]);
      expect(new Set(places).size).toBe(12);
      expect(places.toSorted()).toEqual(places);
      for (const word of command.filter((one) => one.startsWith('virtio-') && one.includes('-')))
        expect(word).toMatch(new RegExp(`^virtio-(net|serial)-${transport}`));
    },
  );
});
