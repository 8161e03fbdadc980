/** The machine that the harness runs on, for results. */
import { cpus, release } from 'node:os';
import type { SutInfo } from '../../verdict/stack-info.ts';

/** This machine, as recorded in the results. */
export function hostInfo(): NonNullable<SutInfo['host']> {
  return { kernel: release(), arch: process.arch, cpus: cpus().length, node: process.version };
}
