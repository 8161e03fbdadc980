import type { Variation } from '../rules/index.ts';
import { algorithmFaults } from './3.1-algorithms.ts';
import { capableFaults } from './3.1-capable.ts';
import { keyFaults } from './3.1-keys.ts';
import { hashFaults } from './3.1-hashes.ts';
import { joinFaults } from './3.2-join.ts';
import { joinCheckFaults } from './3.2-join-checks.ts';
import { closingFaults } from './3.3-closing.ts';
import { dataFaults } from './3.3-data.ts';
import { numberFaults } from './3.3-numbers.ts';
import { receivingFaults } from './3.3-receiving.ts';
import { sendingFaults } from './3.3-sending.ts';
import { fallbackFaults } from './3.7-fallback.ts';
import { checksumFaults } from './3.7-checksum.ts';
import { signalFaults } from './3-signals.ts';
import { pathFaults } from './3.4-paths.ts';
import { removalFaults } from './3.4.2-removal.ts';
import { endingFaults } from './3.5-ending.ts';
import { optionFormFaults } from './3-option-forms.ts';
import { middleboxFaults } from './6-middleboxes.ts';

/** Ways to break a duty, under the clause of the duty. */
export const faults: readonly Variation[] = [
  ...capableFaults,
  ...algorithmFaults,
  ...keyFaults,
  ...hashFaults,
  ...joinFaults,
  ...joinCheckFaults,
  ...dataFaults,
  ...numberFaults,
  ...signalFaults,
  ...closingFaults,
  ...sendingFaults,
  ...receivingFaults,
  ...pathFaults,
  ...removalFaults,
  ...endingFaults,
  ...fallbackFaults,
  ...checksumFaults,
  ...optionFormFaults,
  ...middleboxFaults,
];
