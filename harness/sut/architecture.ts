/**
 * The processor architectures that a guest can have: all that differs between them stands in this one table. Pure.
 *
 * Sources: QEMU's and Debian's own names; Linux's Documentation/arch for the image formats (see `kernels/image.ts`).
 */

/** An architecture by the name that `uname -m` gives it. */
export type ArchitectureName = 'x86_64' | 'aarch64' | 's390x' | 'riscv64';

/** Parameters of QEMU for a guest of an architecture. */
export interface Emulator {
  program: string;
  /** Debian's package of the program. */
  package: string;
  machine: string;
  /** Processor model without KVM; with KVM it is always `host`. */
  cpu: string;
  /** Bus of the virtio devices: PCI, or the channels of a mainframe. */
  transport: 'pci' | 'ccw';
  /** The kernel's device for its console. */
  console: string;
  /** QEMU's arguments that lead that console to the chardev `console`. */
  consoleArguments: readonly string[];
  /** Words for the kernel's command line that only this architecture knows. */
  kernelWords: readonly string[];
}

/** One row of the table. */
export interface Architecture {
  name: ArchitectureName;
  /** Debian's name. */
  debian: string;
  /** Other names that people write. */
  aliases: readonly string[];
  bits: 64;
  endian: 'little' | 'big';
  emulator: Emulator;
  /** Kernel modules without which a guest cannot be reached; those that are built in are passed over. */
  modules: readonly string[];
  /** Kernel options without which a guest does not start: option, and what it is for. `y` is needed. */
  builtIn: readonly (readonly [option: string, why: string])[];
  /** Kernel options that have to be `y`, or `m` with the modules at hand. */
  drivers: readonly (readonly [option: string, why: string])[];
  /** Paths of a bootable image below a kernel's build folder, the preferred first. */
  images: readonly string[];
  /** Prefix of Debian's cross compiler, and the packages that hold it. */
  compiler: { prefix: string; packages: readonly string[]; zig: string };
}

const ANY_BUILT_IN: Architecture['builtIn'] = [
  ['CONFIG_BLK_DEV_INITRD', 'the guest is started from an initramfs'],
  ['CONFIG_NET_NS', 'every cell is a network namespace'],
  ['CONFIG_DEVTMPFS', 'the agent needs devices in /dev'],
];
const ANY_DRIVERS: Architecture['drivers'] = [
  ['CONFIG_VIRTIO_NET', 'links are virtio devices'],
  ['CONFIG_VIRTIO_CONSOLE', 'the agent uses a virtio port'],
];
const PCI_DRIVERS: Architecture['drivers'] = [
  ['CONFIG_VIRTIO_PCI', 'virtio devices are on the PCI bus'],
  ...ANY_DRIVERS,
];
const PCI_MODULES = ['virtio_pci', 'virtio_console', 'virtio_net'];

/** The table. */
export const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = {
  x86_64: {
    name: 'x86_64',
    debian: 'amd64',
    aliases: ['x86-64', 'x64'],
    bits: 64,
    endian: 'little',
    emulator: {
      program: 'qemu-system-x86_64',
      package: 'qemu-system-x86',
      machine: 'pc,usb=off,vmport=off',
      cpu: 'max',
      transport: 'pci',
      console: 'ttyS0',
      consoleArguments: ['-serial', 'chardev:console'],
      kernelWords: ['8250.nr_uarts=1', 'tsc=reliable', 'no_timer_check'],
    },
    modules: PCI_MODULES,
    builtIn: [...ANY_BUILT_IN, ['CONFIG_SERIAL_8250_CONSOLE', 'the console is a serial port']],
    drivers: PCI_DRIVERS,
    images: ['arch/x86/boot/bzImage'],
    compiler: {
      prefix: 'x86_64-linux-gnu-',
      packages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'],
      zig: 'x86_64-linux-musl',
    },
  },
  aarch64: {
    name: 'aarch64',
    debian: 'arm64',
    aliases: [],
    bits: 64,
    endian: 'little',
    emulator: {
      program: 'qemu-system-aarch64',
      package: 'qemu-system-arm',
      machine: 'virt,gic-version=max',
      // "max" has pointer authentication, which TCG emulates slowly.
      cpu: 'max,pauth-impdef=on',
      transport: 'pci',
      console: 'ttyAMA0',
      consoleArguments: ['-serial', 'chardev:console'],
      kernelWords: [],
    },
    modules: PCI_MODULES,
    builtIn: [...ANY_BUILT_IN, ['CONFIG_SERIAL_AMBA_PL011_CONSOLE', 'the console is a PL011 serial port']],
    drivers: [...PCI_DRIVERS, ['CONFIG_PCI_HOST_GENERIC', 'the virtual machine has a generic PCI host bridge']],
    images: ['arch/arm64/boot/Image', 'arch/arm64/boot/Image.gz'],
    compiler: {
      prefix: 'aarch64-linux-gnu-',
      packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'],
      zig: 'aarch64-linux-musl',
    },
  },
  s390x: {
    name: 's390x',
    debian: 's390x',
    aliases: ['s390'],
    bits: 64,
    endian: 'big',
    emulator: {
      program: 'qemu-system-s390x',
      package: 'qemu-system-misc',
      machine: 's390-ccw-virtio',
      // QEMU 7.2 computes wrong vector checksums, with which Linux since 6.9 checks every packet.
      cpu: 'max,vx=off,vxeh=off',
      transport: 'ccw',
      console: 'ttysclp0',
      consoleArguments: ['-device', 'sclpconsole,chardev=console'],
      kernelWords: [],
    },
    modules: ['virtio_console', 'virtio_net'],
    builtIn: [...ANY_BUILT_IN, ['CONFIG_SCLP_VT220_CONSOLE', 'the console is the SCLP console']],
    drivers: [['CONFIG_S390_GUEST', 'virtio devices are on the channel subsystem'], ...ANY_DRIVERS],
    images: ['arch/s390/boot/bzImage'],
    compiler: {
      prefix: 's390x-linux-gnu-',
      packages: ['gcc-s390x-linux-gnu', 'libc6-dev-s390x-cross'],
      zig: 's390x-linux-musl',
    },
  },
  riscv64: {
    name: 'riscv64',
    debian: 'riscv64',
    aliases: ['riscv'],
    bits: 64,
    endian: 'little',
    emulator: {
      program: 'qemu-system-riscv64',
      package: 'qemu-system-misc',
      machine: 'virt',
      cpu: 'rv64',
      transport: 'pci',
      console: 'ttyS0',
      consoleArguments: ['-serial', 'chardev:console'],
      kernelWords: [],
    },
    modules: PCI_MODULES,
    builtIn: [...ANY_BUILT_IN, ['CONFIG_SERIAL_8250_CONSOLE', 'the console is a serial port']],
    drivers: [...PCI_DRIVERS, ['CONFIG_PCI_HOST_GENERIC', 'the virtual machine has a generic PCI host bridge']],
    images: ['arch/riscv/boot/Image', 'arch/riscv/boot/Image.gz'],
    compiler: {
      prefix: 'riscv64-linux-gnu-',
      packages: ['gcc-riscv64-linux-gnu', 'libc6-dev-riscv64-cross'],
      zig: 'riscv64-linux-musl',
    },
  },
};

/** All architectures, in the order in which help lists them. */
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[];

/** The architecture that a word names (`s390x`, `arm64`, `x86-64`); undefined when it names none. */
export function findArchitecture(word: string): Architecture | undefined {
  const wanted = word.toLowerCase();
  return Object.values(ARCHITECTURES).find(
    ({ name, debian, aliases }) => name === wanted || debian === wanted || aliases.includes(wanted),
  );
}

/** Node's names of this machine's processor, where they differ from ours. */
const NODE_NAMES: Readonly<Partial<Record<string, ArchitectureName>>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The architecture of a machine. @param nodeArch what `process.arch` says; undefined for one that no guest can have */
export function hostArchitecture(nodeArch: string = process.arch): Architecture | undefined {
  return findArchitecture(NODE_NAMES[nodeArch] ?? nodeArch);
}
