/** The packets of a scenario as they come and go, and the capture that is kept of them. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceFolder, evidencePath, type EvidenceFile } from '../verdict/evidence.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';
import { isKept } from '../verdict/verdict.ts';
import { parsePcap } from '../wire/pcap-read.ts';
import { PcapBuffer, saveCapture } from '../wire/pcap-write.ts';
import type { WirePacket } from '../wire/types.ts';
import { commentedCapture } from './commented-capture.ts';

/** Names of the capture: plain, and with comments where something was not kept. */
const PLAIN: EvidenceFile = 'capture.pcap';
const COMMENTED: EvidenceFile = 'capture.pcapng';

/** Packets of one scenario, in the order of the wire. */
export class Recording {
  readonly packets: WirePacket[] = [];
  readonly #epoch: number;
  /** Has each packet as it was when it came. */
  readonly #pcap: PcapBuffer | undefined;
  /** The plain capture, once it has been read back. */
  #proven: Buffer | undefined;

  /**
   * @param epoch what to add to the packets' times for milliseconds since 1970
   * @param isWanted whether a capture is made; the packets are there without one
   */
  constructor(epoch: number, isWanted: boolean) {
    this.#epoch = epoch;
    this.#pcap = isWanted ? new PcapBuffer(PLAIN) : undefined;
  }

  /** Adds a packet. @throws CaptureError when its time is out of range */
  add(packet: WirePacket): void {
    this.#pcap?.write(this.#epoch + packet.at, packet.bytes);
    this.packets.push(packet);
  }

  /** Reads the capture back, if one is made: what is not in it proves nothing. @throws Error */
  async prove(): Promise<void> {
    const contents = this.#pcap?.contents();
    if (contents === undefined) return;
    const { packets } = this;
    const read = (await parsePcap(PLAIN, contents)).packets;
    const differs = packets.findIndex((packet, i) => !Buffer.from(read[i]?.bytes ?? []).equals(packet.bytes));
    if (read.length === packets.length && differs < 0) {
      this.#proven = contents;
      return;
    }
    const what = differs >= 0 ? `packet ${differs + 1} differs` : `it has ${read.length} packets`;
    throw new Error(`the capture does not contain the ${packets.length} packets exchanged: ${what}`);
  }

  /**
   * Saves the capture in the scenario's folder below `evidenceRoot` and names it in the result: pcap, or pcapng with
   * comments on the judged packets where something was not kept.
   *
   * @throws CaptureError
   */
  keep(draft: ScenarioResult, evidenceRoot: string): void {
    if (this.#pcap === undefined) return;
    const folder = join(evidenceRoot, evidenceFolder(draft.id));
    const [name, other] = isKept(draft.verdict) ? [PLAIN, COMMENTED] : [COMMENTED, PLAIN];
    saveCapture(join(folder, name), name === PLAIN ? (this.#proven ?? this.#pcap.contents()) : this.#commented(draft));
    // A run before, of the same scenario, may have ended otherwise.
    const stale = join(folder, other);
    if (existsSync(stale)) rmSync(stale, { force: true });
    const path = evidencePath(evidenceRoot, draft.id, name);
    draft.evidence.pcap = path;
    for (const one of judgementsOf(draft)) if (!isKept(one.verdict)) one.pcap = path;
  }

  #commented(draft: ScenarioResult): Buffer {
    const packets = this.packets.map(({ at, bytes }) => ({
      at: this.#epoch + at,
      bytes,
      originalLength: bytes.length,
    }));
    return commentedCapture(draft, draft.ladder, packets);
  }
}
