import type { PacketCounts } from '../../monitor/analysis.ts';
import type { CheckedConnection } from './narrow.ts';

/** The findings in one file. */
export interface FileReport {
  file: string;
  counts: PacketCounts;
  /** Packets of other protocols than IP, or over an unknown link layer; and what they are, by name. */
  skipped: { notIp: number; linkTypes: number[]; kinds: Record<string, number> };
  /** Packets that the capture says it missed. */
  dropped: number;
  /** Why the file could not be read to its end. */
  problem?: string;
  /** The file ends in the middle of a record, as that of a capture that still goes on does. */
  cutShort: boolean;
  /** Number of connections, or of those asked for. */
  found: number;
  /** Those that the page shows; kept for nothing else, so that memory stays bounded. */
  connections: CheckedConnection[];
  /** Connections in which a MUST or a stated requirement was broken, listed or not. */
  broken: number;
}
