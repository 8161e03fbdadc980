/** Paths of a scenario's evidence. Pure. */
import { basename, join } from 'node:path';

/** Names of the files of evidence. */
export const EVIDENCE_FILES = [
  'capture.pcap',
  'capture.pcapng',
  'server.pcap',
  'ladder.json',
  'agent.log',
  'console.log',
  'paths.svg',
] as const;

/** Name of a file of evidence. */
export type EvidenceFile = (typeof EVIDENCE_FILES)[number];

/** File of the evidence folder that has a result a line while a run is under way. */
export const JOURNAL = 'journal.jsonl';

/** File of the evidence folder that says which run it is, while it is under way. */
export const JOURNAL_HEAD = 'journal-head.json';

/** Folder of a scenario's evidence below the root. Ids have nothing in them that file systems dislike. */
export function evidenceFolder(id: string): string {
  return id.replace('#', '/');
}

/** Path of a file of evidence as results tell it: relative to the results file. */
export function evidencePath(evidenceRoot: string, id: string, name: string): string {
  return join(basename(evidenceRoot), evidenceFolder(id), name);
}
