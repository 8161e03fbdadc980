/** Does QEMU start, and does KVM really carry a guest? `/dev/kvm` may be there and be no use. */
import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHITECTURES, hostArchitecture, type Architecture } from '../../sut/architecture.ts';
import { lacks, works, type Check } from './check.ts';
import { runProgram, type Ended } from './program.ts';

const FIRMWARE_SIZE = 0x10000;
/** Where the firmware's copy of the code lies; the reset vector is 16 bytes below 4 GiB. */
const CODE_AT = 0xff00;
const RESET_AT = 0xfff0;
/** Port that ends the guest; QEMU exits with twice the value plus one. */
const EXIT_PORT = 0xf4;
const EXIT_VALUE = 0x2a;
const EXIT_CODE = 2 * EXIT_VALUE + 1;

/**
 * Rounds of the guest's loop: some 10 ms for a processor, 100 ms for QEMU's own emulation. A KVM that interprets every
 * instruction (nested, without the hardware's help) takes many seconds, and an ordinary guest never gets up.
 */
const ROUNDS = 20_000_000;
/** A KVM that takes longer is of no use; QEMU's own emulation is not in doubt, and may have to wait for a busy machine. */
const LIMITS_MS = { kvm: 2500, tcg: 30_000 } as const;

/** A guest's firmware: into 32-bit protected mode, where KVM must not emulate, round the loop, and out. */
export function guestFirmware(): Buffer {
  const image = Buffer.alloc(FIRMWARE_SIZE, 0x90);
  const gdt = CODE_AT + 0x80;
  const inLinear = (offset: number): number => 0xffff0000 + offset;
  const le = (value: number, size: number): number[] =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
  const enter = [
    0xfa, // cli
    0x2e,
    0x66,
    0x0f,
    0x01,
    0x16,
    ...le(gdt + 24, 2), // lgdt cs:[gdt + 24]
    0x0f,
    0x20,
    0xc0, // mov eax, cr0
    0x0c,
    0x01, // or al, 1
    0x0f,
    0x22,
    0xc0, // mov cr0, eax
  ];
  const jump = [0x66, 0xea, ...le(inLinear(CODE_AT + enter.length + 8), 4), ...le(8, 2)]; // jmp 8:next
  const loop = [
    0xb9,
    ...le(ROUNDS, 4), // mov ecx, ROUNDS
    0x49, // dec ecx
    0x75,
    0xfd, // jnz back to dec
    0xb0,
    EXIT_VALUE, // mov al, EXIT_VALUE
    0xe6,
    EXIT_PORT, // out EXIT_PORT, al
    0xf4, // hlt
  ];
  image.set([...enter, ...jump, ...loop], CODE_AT);
  // Descriptors: none, code and data over all 4 GiB; then the table's own size and address.
  image.set(
    [
      ...le(0, 8),
      0xff,
      0xff,
      0,
      0,
      0,
      0x9b,
      0xcf,
      0,
      0xff,
      0xff,
      0,
      0,
      0,
      0x93,
      0xcf,
      0,
      ...le(23, 2),
      ...le(inLinear(gdt), 4),
    ],
    gdt,
  );
  image.set([0xe9, ...le((CODE_AT - RESET_AT - 3 + 0x10000) % 0x10000, 2)], RESET_AT); // jmp CODE_AT
  return image;
}

/** Starts the guest. @param accelerator `kvm` or `tcg` */
export async function runGuest(accelerator: 'kvm' | 'tcg'): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-guest-'));
  try {
    const firmware = join(folder, 'firmware');
    writeFileSync(firmware, guestFirmware());
    return await runProgram(
      [
        'qemu-system-x86_64',
        '-accel',
        accelerator,
        '-machine',
        'pc',
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-no-reboot',
        '-m',
        '8',
        '-bios',
        firmware,
        '-device',
        `isa-debug-exit,iobase=${EXIT_PORT},iosize=1`,
      ],
      { limitMs: LIMITS_MS[accelerator] },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a guest with KVM and ends it before its first instruction: there is no firmware of ours for other processors. */
function makeGuest({ emulator }: Architecture): Promise<Ended> {
  const options = ['-accel', 'kvm', '-cpu', 'host', '-machine', emulator.machine, '-nodefaults', '-display', 'none'];
  return runProgram(
    ['sh', '-c', `echo quit | exec "$@"`, 'sh', emulator.program, ...options, '-S', '-monitor', 'stdio'],
    { limitMs: LIMITS_MS.kvm },
  );
}

/** Whether the guest came to its end. */
export function hasRun(ended: Ended): boolean {
  return ended.code === EXIT_CODE;
}

const X86 = ARCHITECTURES.x86_64;

function installQemu({ emulator }: Architecture): string {
  return `sudo apt-get install -y --no-install-recommends ${emulator.package}`;
}

/** Is QEMU there, and does it carry a guest by itself? The guest is tried for x86-64 only. */
export async function checkQemu(architecture: Architecture = X86): Promise<Check> {
  const subject = { id: 'qemu', title: 'QEMU (other kernels)', needed: false };
  const { program } = architecture.emulator;
  const version = await runProgram([program, '--version']);
  const remedy = installQemu(architecture);
  if (version.isMissing) return lacks(subject, `no ${program} on the PATH`, remedy);
  if (architecture !== X86) return works(subject, version.said.split('\n')[0] ?? '');
  const guest = await runGuest('tcg');
  if (!hasRun(guest)) return lacks(subject, `a guest does not start: ${whyNot(guest)}`, remedy);
  return works(subject, `${version.said.split('\n')[0] ?? ''}; a guest ran in ${guest.ms.toFixed(0)} ms`);
}

/** Does KVM carry a guest? Only one of this machine's own architecture can be. */
export async function checkKvm(architecture = hostArchitecture() ?? X86, device = '/dev/kvm'): Promise<Check> {
  const subject = { id: 'kvm', title: 'KVM (faster guests)', needed: false };
  const slow = 'guests run without KVM, only slower';
  if (architecture !== hostArchitecture())
    return lacks(subject, `this machine is ${process.arch}, and the guest is ${architecture.name}`, slow);
  if (!existsSync(device))
    return lacks(
      subject,
      `no ${device}`,
      `${slow}; enable virtualisation in the firmware, or nesting in the hypervisor`,
    );
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    return lacks(subject, `no permission for ${device}`, `${slow}; sudo usermod -aG kvm $USER, then log in again`);
  }
  const guest = architecture === X86 ? await runGuest('kvm') : await makeGuest(architecture);
  if (guest.isMissing)
    return lacks(subject, `${device} exists, but cannot be tested without QEMU`, installQemu(architecture));
  if (architecture !== X86)
    return guest.code === 0
      ? works(subject, `a guest was created in ${guest.ms.toFixed(0)} ms`)
      : lacks(subject, `${device} exists, but a guest cannot be created: ${whyNot(guest)}`, slow);
  if (!hasRun(guest)) return lacks(subject, `${device} exists, but a guest does not start: ${whyNot(guest)}`, slow);
  return works(subject, `a guest ran in ${guest.ms.toFixed(0)} ms`);
}

function whyNot({ timedOut, said, code, ms }: Ended): string {
  const line = said.split('\n').find((one) => /error|fail|cannot|could not/i.test(one));
  if (line !== undefined) return line;
  return timedOut
    ? `not finished within ${(ms / 1000).toFixed(1)} s; a CPU needs about 10 ms`
    : `QEMU ended with ${code ?? 'a signal'}`;
}
