/** Labels by which containers are known as ours, and as those of a run that is alive or gone. */
import { readFileSync, readlinkSync } from 'node:fs';

/** The run that a container belongs to: its launcher's process id and start time. */
export const RUN_LABEL = 'mptcp-conformance.run';
/** Process id of the tester that started it. */
export const TESTER_LABEL = 'mptcp-conformance.pid';
/** Where process ids have that meaning: this boot of this machine, and the namespace of process ids. */
export const PLACE_LABEL = 'mptcp-conformance.place';

/** Value of {@link PLACE_LABEL} here. Process ids are meaningless elsewhere. */
export function placeMark(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}/${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
}

/** The labels of a container that this process starts. @param run the run's mark */
export function labelsOf(run: string): Record<string, string> {
  return { [RUN_LABEL]: run, [TESTER_LABEL]: String(process.pid), [PLACE_LABEL]: placeMark() };
}
