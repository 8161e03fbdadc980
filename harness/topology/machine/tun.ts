/** Can this user make tap devices? The links of a guest are taps. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { lacks, works, type Check } from './check.ts';

/** Opens nothing: a check of the device's mode. @param device path of the device */
export function checkTun(device = '/dev/net/tun'): Check {
  const subject = { id: 'tun', title: 'tap devices (kernels in guests)', needed: false };
  if (!existsSync(device))
    return lacks(subject, `${device} does not exist`, 'sudo modprobe tun; in a container, --device /dev/net/tun');
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return works(subject, `${device} can be opened`);
  } catch {
    const mode = (statSync(device).mode & 0o777).toString(8).padStart(4, '0');
    return lacks(
      subject,
      `this user cannot open ${device} (mode ${mode})`,
      `run the command as root, or allow all users: sudo chmod 666 ${device}`,
    );
  }
}
