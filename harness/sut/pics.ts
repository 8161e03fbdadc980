/** Features that stacks declare to lack (PICS, ISO/IEC 9646): `suites/pics/*.yaml`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectSchema } from '../document/schema.ts';
import { readYaml, type YamlFile } from '../document/yaml-file.ts';

const SCHEMA = 'suites/schema/pics.schema.json';

/** A feature that some versions of a stack lack. */
interface Lack {
  feature: string;
  /** First version that has it: `6.2`. */
  before?: string;
  /** First version that lacks it. */
  from?: string;
  reason: string;
  link: string;
}

/** A stack's statement. */
export interface Pics {
  sut: string;
  lacks: Lack[];
}

/** Loads and checks a statement. @throws DocumentError */
export function loadPics(file: string): Pics {
  return toPics(readYaml(file));
}

/** @throws DocumentError */
export function toPics(source: YamlFile): Pics {
  source.check(projectSchema(SCHEMA));
  return source.value as Pics;
}

/**
 * The features that a version lacks, with the reason. A release that is not a number of Linux's lacks only what every
 * version does: what else it cannot do shows in the verdicts.
 *
 * @param release `6.1.0-56-cloud-amd64`
 */
export function lacksOf(pics: Pics, release: string): Map<string, string> {
  const version = numbers(release);
  const lacking = new Map<string, string>();
  for (const { feature, before, from, reason, link } of pics.lacks) {
    if (version === undefined && (before !== undefined || from !== undefined)) continue;
    const tooNew = before !== undefined && compare(version, numbers(before)) >= 0;
    const tooOld = from !== undefined && compare(version, numbers(from)) < 0;
    if (!tooNew && !tooOld) lacking.set(feature, `${reason.trim()} (${link})`);
  }
  return lacking;
}

/** Features that this version of a stack declares to lack; none for a stack without a statement. @throws DocumentError */
export function findLacks(folder: string, sut: string, release: string): Map<string, string> {
  return hasPics(folder, sut) ? lacksOf(loadPics(join(folder, `${sut}.yaml`)), release) : new Map<string, string>();
}

/** Whether a folder has the statement of a stack. */
export function hasPics(folder: string, sut: string): boolean {
  return /^[\w.-]+$/.test(sut) && existsSync(join(folder, `${sut}.yaml`));
}

function numbers(text: string): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

function compare(a: readonly [number, number] | undefined, b: readonly [number, number] | undefined): number {
  return a === undefined || b === undefined ? 0 : a[0] - b[0] || a[1] - b[1];
}
