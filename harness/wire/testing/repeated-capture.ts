/** For tests and benchmarks: a large capture made of a small one. */
import { ipOffset } from '../capture-link.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const CHUNK = 1024 * 1024;

/** Where the fields that make a repetition a conversation of its own stand in a capture. */
interface Field {
  seconds: number;
  /** The client's port: that of each packet which is not the server's. */
  port: number | undefined;
}

/**
 * A classic pcap file (little endian, as tcpdump writes it here) again and again, as if one client after the other had
 * come from ports of its own: each repetition begins when the one before has ended.
 *
 * @param capture the file, of IPv4 and of conversations whose server has port 5001
 * @param bytes the length to reach
 */
export function* repeated(capture: Uint8Array, bytes: number): Generator<Uint8Array> {
  // A Buffer's slice would share its bytes.
  const body = new Uint8Array(capture.subarray(FILE_HEADER));
  const linkType = new DataView(capture.buffer, capture.byteOffset).getUint32(20, true);
  const fields = fieldsOf(body, linkType);
  const view = new DataView(body.buffer);
  const span = view.getUint32(fields.at(-1)?.seconds ?? 0, true) - view.getUint32(0, true) + 3;
  yield capture.slice(0, FILE_HEADER);
  let parts: Uint8Array[] = [];
  let held = 0;
  for (let made = FILE_HEADER; made < bytes; made += body.length) {
    parts.push(new Uint8Array(body));
    held += body.length;
    if (held >= CHUNK) {
      yield Buffer.concat(parts);
      parts = [];
      held = 0;
    }
    for (const { seconds, port } of fields) {
      view.setUint32(seconds, view.getUint32(seconds, true) + span, true);
      if (port !== undefined) view.setUint16(port, 10_000 + ((view.getUint16(port) - 10_000 + 7) % 50_000));
    }
  }
  yield Buffer.concat(parts);
}

function fieldsOf(body: Uint8Array, linkType: number): Field[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const fields: Field[] = [];
  for (let at = 0; at + RECORD_HEADER <= body.length;) {
    const length = view.getUint32(at + 8, true);
    const start = at + RECORD_HEADER;
    const offset = ipOffset(linkType, body.subarray(start, start + length));
    const tcp = start + offset + ((body[start + offset] ?? 0) & 0xf) * 4;
    const port = offset < 0 ? undefined : view.getUint16(tcp) === 5001 ? tcp + 2 : tcp;
    fields.push({ seconds: at, port });
    at = start + length;
  }
  return fields;
}
