/** The command line of a guest. Pure. */
import { ARCHITECTURES, type ArchitectureName, type Emulator } from '../../sut/architecture.ts';

/** Parameters of a guest. */
export interface GuestOptions {
  /** The kernel's image, in a format that its architecture starts from. */
  image: string;
  architecture: ArchitectureName;
  initramfs: string;
  accelerator: 'kvm' | 'tcg';
  /** Network devices; the tester's taps have the names, in the order of the guest's `eth0`, `eth1`. */
  taps: readonly string[];
  /** Words added to the kernel's command line. */
  append?: string;
  /** Where QEMU logs the instructions that it translates, a file for each guest, and which, as `-dfilter` has it. TCG only. */
  translated?: { folder: string; filter: string };
  /** MiB. */
  memory?: number;
  /** Path of the Unix socket that carries the guest's terminal {@link TERMINAL_DEVICE}. */
  terminal?: string;
}

/** File descriptors of the started program, each a socket. */
export const GUEST_FDS = { console: 3, control: 4, monitor: 5 } as const;

/** Every device of a guest has the hardware address that its far end has: see `link-plan.ts`. */
export const GUEST_HARDWARE_ADDRESS = '02:00:00:00:00:01';

/** QEMU's name of the console's connection. */
export const CONSOLE_CHARDEV = 'console';

/** The guest's terminal for shells. */
export const TERMINAL_DEVICE = 'hvc0';

/** Path of the control device in the guest. */
const CONTROL_DEVICE = '/dev/vport0p1';
const MEMORY_MIB = 1024;
const FUNCTIONS_PER_SLOT = 8;
const FIRST_SLOT = 5;
const FIRST_CHANNEL = 0x10;

/**
 * Everything that an offload would hide has to be on the wire: complete checksums, no packet larger than the link.
 */
const NO_OFFLOADS = [
  'csum',
  'gso',
  'guest_csum',
  'guest_tso4',
  'guest_tso6',
  'guest_ecn',
  'guest_ufo',
  'host_tso4',
  'host_tso6',
  'host_ecn',
  'host_ufo',
  'mrg_rxbuf',
]
  .map((name) => `${name}=off`)
  .join(',');

/**
 * `loglevel=5`: warnings and what is worse, since a serial port is slow. An oops ends the guest, because nothing that
 * comes after it can be trusted.
 */
const KERNEL_WORDS = [
  'loglevel=5',
  'panic=-1',
  'oops=panic',
  // A guest that does not answer is asked for its stacks.
  'sysrq_always_enabled',
  'unknown_nmi_panic',
  'hung_task_panic=0',
  'rdinit=/init',
  'net.ifnames=0',
  'mitigations=off',
  'audit=0',
  'apparmor=0',
  'selinux=0',
  'nokaslr',
  'random.trust_cpu=on',
  // An emulated processor stands still for seconds when the machine is busy: that is not a lockup.
  'watchdog_thresh=60',
  'rcupdate.rcu_cpu_stall_timeout=120',
  'sysctl.kernel.hung_task_timeout_secs=60',
];

/** The kernel's command line, the agent's arguments after the dashes. */
export function kernelCommandLine(architecture: ArchitectureName, append = ''): string {
  const { console, kernelWords } = ARCHITECTURES[architecture].emulator;
  const added = append.split(/\s+/).filter((word) => word !== '');
  const words = [`console=${console}`, ...KERNEL_WORDS, ...kernelWords, ...added];
  return [...words, '--', '--init', `--control=${CONTROL_DEVICE}`, '--cells'].join(' ');
}

/** The guest's kernel numbers its devices in the order of these addresses. */
const NETWORK_DEVICE: Readonly<Record<Emulator['transport'], (index: number) => string>> = {
  pci: (index) => {
    const slot = (FIRST_SLOT + Math.floor(index / FUNCTIONS_PER_SLOT)).toString(16);
    return `virtio-net-pci,addr=0x${slot}.${index % FUNCTIONS_PER_SLOT},multifunction=on,romfile=`;
  },
  ccw: (index) => `virtio-net-ccw,devno=fe.0.${(FIRST_CHANNEL + index).toString(16).padStart(4, '0')}`,
};

const CONTROL_BUS: Readonly<Record<Emulator['transport'], string>> = {
  pci: 'virtio-serial-pci,addr=0x3',
  ccw: 'virtio-serial-ccw,devno=fe.0.0001',
};

function networkDevice(transport: Emulator['transport'], tap: string, index: number): string[] {
  return [
    '-netdev',
    `tap,id=n${index},ifname=${tap},script=no,downscript=no`,
    '-device',
    `${NETWORK_DEVICE[transport](index)},netdev=n${index},mac=${GUEST_HARDWARE_ADDRESS},${NO_OFFLOADS}`,
  ];
}

/** Program and arguments. QEMU dies with its parent. */
export function guestCommand(options: GuestOptions): string[] {
  const { console, control, monitor } = GUEST_FDS;
  const { program, machine, cpu, transport, consoleArguments } = ARCHITECTURES[options.architecture].emulator;
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    '--',
    program,
    '-name',
    'mptcp-conformance',
    '-accel',
    options.accelerator,
    '-cpu',
    options.accelerator === 'kvm' ? 'host' : cpu,
    '-machine',
    machine,
    '-smp',
    '1',
    '-m',
    String(options.memory ?? MEMORY_MIB),
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-no-reboot',
    '-kernel',
    options.image,
    '-initrd',
    options.initramfs,
    '-append',
    kernelCommandLine(options.architecture, options.append),
    ...(options.translated === undefined
      ? []
      : ['-d', 'in_asm', '-dfilter', options.translated.filter, '-D', `${options.translated.folder}/%d`]),
    '-chardev',
    `socket,id=${CONSOLE_CHARDEV},fd=${console}`,
    ...consoleArguments,
    '-chardev',
    `socket,id=control,fd=${control}`,
    '-device',
    CONTROL_BUS[transport],
    '-device',
    'virtserialport,chardev=control,nr=1',
    ...(options.terminal === undefined
      ? []
      : [
          '-chardev',
          `socket,id=terminal,path=${options.terminal},server=on,wait=off`,
          '-device',
          'virtconsole,chardev=terminal',
        ]),
    '-chardev',
    `socket,id=monitor,fd=${monitor}`,
    '-mon',
    'chardev=monitor,mode=readline',
    ...options.taps.flatMap((tap, index) => networkDevice(transport, tap, index)),
  ];
}
