/** Names and prefixes that no two cells of this process have, whichever drivers make them. */
import { PREFIXES_PER_WORKER, deviceName } from './link-plan.ts';

let devices = 0;
let prefixes = 0;

/** A name for a device of the tester's that was never given before. */
export function freshDeviceName(): string {
  devices += 1;
  return deviceName(process.pid, devices);
}

/** The next of a worker's prefixes; they come round again. @param first number of the worker's first prefix */
export function nextPrefix(first: number): number {
  prefixes += 1;
  return first + (prefixes % PREFIXES_PER_WORKER);
}
