/** A crafted MPTCP client for the differential test: it says what it likes, and notes what the stack answers. */
import { addAddrHmac, dsnAdd, dsnDiff, dssChecksum, idsn, seqAdd, seqDiff } from '../../mptcp/index.ts';
import {
  decodePacket,
  encodePacket,
  FLAG,
  isNotTcp,
  type OptionDss,
  type Packet,
  type TcpOption,
} from '../../packet/index.ts';
import type { Agent } from '../../sut/types.ts';
import type { WirePacket, WirePort } from '../../wire/types.ts';

const { ACK, FIN, PSH, RST, SYN } = FLAG;
const PORTS = { own: 40_000, stack: 5001 };
const KEY = 0x0102_0304_0506_0708n;
const ISN = 1000;

/** A stack to probe. */
export interface Target {
  agent: Agent;
  own: string;
  stack: string;
  open: (hear: (packet: WirePacket) => void) => WirePort;
  /** Time passes: more than an ACK is delayed, less than a retransmission takes. */
  wait: () => Promise<void>;
}

/** A segment that differs from what would be right. */
export interface Told {
  /** Bytes of payload. */
  length?: number;
  flags?: number;
  /** Added to the right numbers. */
  seq?: number;
  ack?: number;
  /** Bytes that the numbers move on by; those of the payload unless told. */
  advance?: number;
  options: TcpOption[];
}

/** The client. */
export class Prober {
  readonly #target: Target;
  readonly #port: WirePort;
  readonly #seen = new Set<string>();
  #heard: string[] = [];
  /** Bytes that were sent in order so far. */
  sent = 0;
  #isn = 0;
  #received = 0;
  #peerKey = 0n;
  #lastDsn = 0n;
  readonly checksum: boolean;

  constructor(target: Target, checksum: boolean) {
    this.#target = target;
    this.checksum = checksum;
    this.#port = target.open((packet) => this.#hear(packet));
  }

  get agent(): Agent {
    return this.#target.agent;
  }

  close(): void {
    this.#port.close();
  }

  /** Kinds of the packets that the stack has sent since the last call. */
  async answers(): Promise<string> {
    await this.#port.echo(5000);
    await this.#target.wait();
    await this.#port.echo(5000);
    const heard = this.#heard;
    this.#heard = [];
    return heard.length === 0 ? '-' : heard.join(' + ');
  }

  /** MP_CAPABLE for one of the three packets. */
  capable(form: 'syn' | 'ack' | 'data', length = 0): TcpOption {
    const flags = this.checksum ? 0x81 : 1;
    if (form === 'syn') return { kind: 'mp_capable', version: 1, flags };
    const keys = { senderKey: KEY, receiverKey: this.#peerKey };
    if (form === 'ack') return { kind: 'mp_capable', version: 1, flags, ...keys };
    const sum = this.#sum(1n, 1, length, 0);
    return {
      kind: 'mp_capable',
      version: 1,
      flags,
      ...keys,
      dataLength: length,
      ...(this.checksum && { checksum: sum }),
    };
  }

  /** A DSS; numbers are added to the right ones. */
  dss(
    map?: { dsn?: number; ssn?: number; length: number; fin?: boolean; sum?: number; bytes?: number },
    dack = 0,
  ): TcpOption {
    const dss = {
      kind: 'dss' as const,
      reserved: 0,
      dataFin: map?.fin ?? false,
      dsn8: true,
      hasMap: map !== undefined,
      dataAck8: true,
      hasDataAck: true,
      dataAck: dsnAdd(this.#dataNext(), dack),
    };
    if (map === undefined) return dss;
    const relative = BigInt(1 + this.sent + (map.dsn ?? 0));
    const ssn = map.bytes === 0 ? 0 : 1 + this.sent + (map.ssn ?? 0);
    const sum = map.length === 0 ? 0 : this.#sum(relative, ssn, map.length, this.sent, map.bytes);
    const hasSum = this.checksum !== (map.sum === -1);
    return {
      ...dss,
      dsn: dsnAdd(idsn(KEY), relative),
      ssn,
      dataLength: map.length,
      ...(hasSum && { checksum: (sum + (map.sum ?? 0)) & 0xffff }),
    };
  }

  addAddr(isRight: boolean): TcpOption {
    const address = this.#target.own.replace(/\d+$/, '77');
    const hmac = addAddrHmac(KEY, this.#peerKey, 7, address, 0).slice();
    if (!isRight) hmac[0] = (hmac[0] ?? 0) ^ 1;
    return { kind: 'add_addr', reserved: 0, echo: false, addressId: 7, address, hmac };
  }

  fastClose(isRight: boolean): TcpOption {
    return { kind: 'mp_fastclose', reserved: 0, receiverKey: isRight ? this.#peerKey : this.#peerKey ^ 1n };
  }

  fail(): TcpOption {
    return { kind: 'mp_fail', reserved: 0, dsn: this.#dataNext() };
  }

  async syn(options: TcpOption[]): Promise<void> {
    await this.#send({ flags: SYN, seq: -1, options });
  }

  async send(told: Told): Promise<void> {
    await this.#send(told);
    this.sent += told.advance ?? told.length ?? 0;
  }

  #dataNext(): bigint {
    return this.#lastDsn === 0n ? dsnAdd(idsn(this.#peerKey), 1) : this.#lastDsn;
  }

  #sum(dsn: bigint, ssn: number, dataLength: number, at: number, bytes = dataLength): number {
    return dssChecksum({ dsn: dsnAdd(idsn(KEY), dsn), ssn, dataLength, data: payload(at, bytes) });
  }

  async #send({ length = 0, flags = ACK, seq = 0, ack = 0, options }: Told): Promise<void> {
    const packet: Packet = {
      ip: {
        family: 'ipv4',
        src: this.#target.own,
        dst: this.#target.stack,
        tos: 0,
        id: 1,
        fragment: 0x4000,
        ttl: 64,
        protocol: 6,
      },
      tcp: {
        srcPort: PORTS.own,
        dstPort: PORTS.stack,
        seq: seqAdd(ISN, 1 + this.sent + seq),
        ack: (flags & ACK) === 0 ? 0 : seqAdd(this.#isn, this.#received + ack),
        flags: flags | (length > 0 ? PSH : 0),
        window: 65_535,
        urgent: 0,
        options,
        payload: payload(this.sent + seq, length),
      },
    };
    await this.#port.send(encodePacket(packet));
  }

  #hear({ direction, bytes }: WirePacket): void {
    const packet = decodePacket(bytes);
    if (direction === 'out' || isNotTcp(packet) || packet.tcp.dstPort !== PORTS.own) return;
    const { tcp } = packet;
    const capable = tcp.options.find((one) => one.kind === 'mp_capable');
    if ((tcp.flags & SYN) !== 0) {
      this.#isn = tcp.seq;
      this.#peerKey = capable?.senderKey ?? 0n;
    }
    const end = seqDiff(tcp.seq, this.#isn) + tcp.payload.length + ((tcp.flags & (SYN | FIN)) === 0 ? 0 : 1);
    const kind = this.#describe(packet);
    const dss = tcp.options.find((one) => one.kind === 'dss');
    if (this.#isRepeated(packet, dss, kind)) return;
    if ((tcp.flags & RST) === 0 && end > this.#received) this.#received = end;
    if (dss?.dsn !== undefined && dss.dsn8) this.#lastDsn = dsnAdd(dss.dsn, dss.dataLength ?? 0);
    this.#heard.push(kind);
  }

  /** Whether a packet was sent again by a timer, of the subflow or of the connection: that depends on the machine's speed. */
  #isRepeated({ tcp }: Packet, dss: OptionDss | undefined, kind: string): boolean {
    const takesNumbers = tcp.payload.length > 0 || (tcp.flags & (SYN | FIN)) !== 0;
    if (dss?.dsn === undefined && !takesNumbers) return false;
    const key = dss?.dsn === undefined ? kind : `${dss.dsn} ${dss.dataLength} ${tcp.payload.length}`;
    const isRepeated = this.#seen.has(key);
    this.#seen.add(key);
    return isRepeated;
  }

  #describe({ tcp }: Packet): string {
    const { flags, payload: data } = tcp;
    const names = [
      [SYN, 'SYN'],
      [FIN, 'FIN'],
      [RST, 'RST'],
      [ACK, 'ACK'],
    ] as const;
    const words = names.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name]));
    const isReset = (flags & RST) !== 0;
    return [
      words.join('/'),
      ...(isReset ? [] : [`seq=${seqDiff(tcp.seq, this.#isn)}`]),
      ...(isReset || (flags & ACK) === 0 ? [] : [`ack=${seqDiff(tcp.ack, ISN)}`]),
      ...(data.length > 0 ? [`len=${data.length}`] : []),
      ...tcp.options.flatMap((one) => this.#option(one)),
    ].join(' ');
  }

  #option(option: TcpOption): string[] {
    switch (option.kind) {
      case 'dss': {
        const dack = option.dataAck === undefined ? '' : ` dack=${short(option.dataAck, idsn(KEY))}`;
        const map =
          option.dsn === undefined
            ? ''
            : ` dsn=${short(option.dsn, idsn(this.#peerKey))} dlen=${option.dataLength}${option.checksum === undefined ? '' : ' csum'}`;
        return [`dss${option.dataFin ? ' fin' : ''}${dack}${map}`];
      }
      case 'mp_capable':
        return [`mp_capable${(option.flags & 0x80) === 0 ? '' : ' A'}`];
      case 'add_addr':
        return [`add_addr${option.echo ? ' echo' : ''} ${option.addressId}`];
      case 'mp_fail':
        return [`mp_fail dsn=${short(option.dsn, idsn(KEY))}`];
      case 'mp_tcprst':
        return [`mp_tcprst ${option.reason}`];
      case 'mp_fastclose':
      case 'mp_prio':
      case 'remove_addr':
      case 'mp_join':
        return [option.kind];
      default:
        return [];
    }
  }
}

/** The same bytes at the same place, whatever is sent of them. */
function payload(at: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((at + i) * 7) & 0xff);
}

/** A number relative to its begin; 4 bytes of it are taken as they are. */
function short(value: bigint, begin: bigint): string {
  const wide = value > 0xffff_ffffn ? dsnDiff(value, begin) : BigInt.asIntN(32, value - (begin & 0xffff_ffffn));
  return String(wide);
}
