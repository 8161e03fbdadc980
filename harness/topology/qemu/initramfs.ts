/** The guest's root: the agent, and the modules that it has to load. Pure. */
import { writeCpio, type CpioEntry } from './cpio.ts';
import type { LoadedModule } from './modules.ts';

/**
 * Makes the archive that QEMU hands to the kernel.
 *
 * @param agent the static agent's program
 * @param shell a static busybox, where a shell is wanted in the guest
 */
export function makeInitramfs(agent: Uint8Array, modules: readonly LoadedModule[], shell?: Uint8Array): Buffer {
  const order = modules.map(({ file }) => `${file}\n`).join('');
  const entries: CpioEntry[] = [
    { path: 'init', content: agent, mode: 0o755 },
    { path: 'dev', mode: 0o755 },
    // The kernel opens it for the first process, before anything is mounted.
    { path: 'dev/console', device: [5, 1], mode: 0o600 },
    ...(shell === undefined
      ? []
      : [
          { path: 'bin', mode: 0o755 },
          { path: 'bin/busybox', content: shell, mode: 0o755 },
        ]),
    { path: 'modules', mode: 0o755 },
    ...modules.map(({ file, content }): CpioEntry => ({ path: `modules/${file}`, content, mode: 0o644 })),
    { path: 'modules/order', content: Buffer.from(order), mode: 0o644 },
  ];
  return writeCpio(entries);
}
