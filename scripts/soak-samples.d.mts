/** Types of the soak's samples for its test. */
export interface Process {
  name: string;
  mib: number[];
  files: number[];
}
export function growth(samples: { seen: ReadonlyMap<number, Process> }): string[];
