/** Runs the monitors over a stream of packets. */
import { decodePacket, isAsSent, isNotTcp } from '../packet/index.ts';
import type { NotTcp, Packet, TcpOption } from '../packet/types.ts';
import type { Connection, Flow, Side } from './connection.ts';
import { Ledger, type JudgeSettings } from './judge.ts';
import { advance, endingOf } from './progress.ts';
import { monitors as allMonitors } from './registry.ts';
import type { PacketNote } from './flows.ts';
import { Tracker } from './tracker.ts';
import type { Finding, Monitor, PacketEvent, Watch } from './types.ts';

/** Settings for the analysis of a capture. */
export interface AnalysisSettings extends JudgeSettings {
  /** Monitors to run; all by default. */
  monitors?: readonly Monitor[];
  /** Whether the packets of an address are judged; those of all addresses by default. */
  judges?: (address: string) => boolean;
  /**
   * Every packet of every subflow is there, in the order in which one end saw them. Without this, whatever a packet
   * that is not there could explain is inconclusive.
   */
  complete?: boolean;
  /** Gets each connection when it is over; nothing is kept of it after that. */
  onConnection: (report: ConnectionReport) => void;
  /** Sees every packet of a connection, after the monitors. */
  onPacket?: (event: PacketEvent) => void;
  /** Conversations followed at once; default 50,000. */
  flows?: number;
}

/** One end of a subflow, for people. */
export interface EndReport {
  address: string;
  port: number;
  addressId?: number;
  packets: number;
  octets: number;
}

/** A subflow, for people. */
export interface SubflowReport {
  number: number;
  opening: Flow['opening'];
  /** Sender of the SYN. */
  openedBy: 'initiator' | 'responder';
  ends: [EndReport, EndReport];
  firstAt: number;
  durationMs: number;
  backup: boolean;
  ending: 'FIN' | 'RST' | 'open';
}

/** A connection and what the monitors made of it. */
export interface ConnectionReport {
  number: number;
  /** 0 is recognised and not judged; absent when the handshake is not in the capture. */
  version?: number;
  whole: boolean;
  /** Reason why an apparent departure is not blamed on a host. */
  doubt?: string;
  tokens: { initiator?: number; responder?: number };
  checksums?: boolean;
  fallback?: string;
  ending: string;
  firstAt: number;
  durationMs: number;
  packets: number;
  /** Bytes of data from the initiator and from the responder, as the data sequence numbers count them. */
  data: [number, number];
  subflows: SubflowReport[];
  findings: Finding[];
}

type OptionLook = (option: never, event: PacketEvent) => void;

interface Work {
  ledger: Ledger;
  watches: Watch[];
  everyPacket: ((event: PacketEvent) => void)[];
  control: ((event: PacketEvent) => void)[];
  byOption: Map<string, OptionLook[]>;
}

/** Numbers of packets by kind. */
export interface PacketCounts {
  packets: number;
  /** Of MPTCP connections. */
  mptcp: number;
  fragments: number;
  notTcp: number;
  /** Cut so short that not even the TCP header is whole. */
  cut: number;
  malformed: number;
}

/** The analysis of one capture. */
export class Analysis {
  readonly counts: PacketCounts = { packets: 0, mptcp: 0, fragments: 0, notTcp: 0, cut: 0, malformed: 0 };
  readonly #settings: AnalysisSettings;
  readonly #tracker: Tracker;
  readonly #work = new Map<Connection, Work>();
  readonly #monitors: readonly Monitor[];
  #scratch = new Uint8Array(0);

  constructor(settings: AnalysisSettings) {
    this.#settings = settings;
    this.#monitors = settings.monitors ?? allMonitors;
    this.#tracker = new Tracker(
      { opened: (connection) => this.#begin(connection), retired: (connection) => this.#end(connection) },
      { flows: settings.flows ?? 50_000, complete: settings.complete ?? false, isHost: settings.judges },
    );
  }

  /**
   * Takes the next packet.
   *
   * @param at milliseconds since 1970
   * @param bytes from the IP header on; views into it are kept for the time of this call only
   */
  packet(at: number, bytes: Uint8Array): void {
    const index = ++this.counts.packets;
    const cut = this.#decode(bytes);
    if (cut === undefined) return;
    const { packet, payloadKnown, optionsKnown } = cut;
    this.#dispatch(packet, { index, at, payloadKnown, optionsKnown }, bytes);
  }

  /** Conversations without MPTCP whose SYN was seen and that are over. */
  get plainFlows(): number {
    return this.#tracker.plainFlows;
  }

  /** The capture is over: what is still open is reported. */
  finish(): void {
    this.#tracker.finish();
  }

  #decode(bytes: Uint8Array): { packet: Packet; payloadKnown: boolean; optionsKnown: boolean } | undefined {
    const whole = wireLength(bytes);
    if (whole <= bytes.length) {
      const packet = decodePacket(bytes);
      if (!isNotTcp(packet)) return { packet, payloadKnown: true, optionsKnown: true };
      this.#refuse(packet);
      return undefined;
    }
    // Bytes that the capture cut off read as zeros; what is read from them is marked as not known.
    if (this.#scratch.length < whole) this.#scratch = new Uint8Array(whole);
    const padded = this.#scratch.subarray(0, whole);
    padded.set(bytes);
    padded.fill(0, bytes.length);
    const packet = decodePacket(padded);
    if (isNotTcp(packet)) {
      if (packet.problem === 'not_tcp' || packet.problem === 'fragment') this.#refuse(packet);
      else this.counts.cut++;
      return undefined;
    }
    const headers = whole - packet.tcp.payload.length;
    if (bytes.length < headers - ((packet.tcp.dataOffset ?? 5) * 4 - 20)) {
      this.counts.cut++;
      return undefined;
    }
    const optionsKnown = bytes.length >= headers;
    return {
      packet: optionsKnown ? packet : { ...packet, tcp: { ...packet.tcp, options: [] } },
      payloadKnown: false,
      optionsKnown,
    };
  }

  #refuse({ problem }: NotTcp): void {
    if (problem === 'fragment') this.counts.fragments++;
    else if (problem === 'truncated') this.counts.cut++;
    else if (problem === 'bad_header_length') this.counts.malformed++;
    else this.counts.notTcp++;
  }

  #dispatch(packet: Packet, note: PacketNote, bytes: Uint8Array): void {
    if ((note.index & 0x3ff) === 0) this.#tracker.sweep(note.at);
    const found = this.#tracker.resolve(packet, note);
    if (found === undefined) return;
    const event = this.#isOverwritten(found, bytes) ? { ...found, payloadKnown: false } : found;
    this.counts.mptcp++;
    const work = this.#work.get(event.connection);
    if (work !== undefined && event.connection.version !== 0) {
      call(work.everyPacket, event);
      if (event.syn || event.rst) call(work.control, event);
      for (const option of packet.tcp.options) {
        const looks = work.byOption.get(option.kind);
        if (looks !== undefined) callFor(looks, option, event);
      }
    }
    this.#settings.onPacket?.(event);
    if (advance(event)) this.#tracker.closed(event.connection);
  }

  /** Whether the payload was replaced before the capture was handed on, as the TCP checksum shows. */
  #isOverwritten({ payloadKnown, length, connection }: PacketEvent, bytes: Uint8Array): boolean {
    if (!payloadKnown || length === 0 || connection.checksums === false) return false;
    // The engine's own captures hold what was sent, wrong checksums of the tester included.
    return this.#settings.judges === undefined && !isAsSent(bytes);
  }

  #begin(connection: Connection): void {
    const ledger = new Ledger(connection, this.#settings);
    const work: Work = { ledger, watches: [], everyPacket: [], control: [], byOption: new Map() };
    for (const monitor of this.#monitors) {
      const watch = monitor.create(connection, ledger.judgeFor(monitor));
      work.watches.push(watch);
      if (watch.packet !== undefined) work.everyPacket.push((event) => watch.packet?.(event));
      if (watch.control !== undefined) work.control.push((event) => watch.control?.(event));
      if (watch.options !== undefined) addOptions(work.byOption, watch.options);
    }
    this.#work.set(connection, work);
  }

  #end(connection: Connection): void {
    const work = this.#work.get(connection);
    this.#work.delete(connection);
    if (work === undefined) return;
    if (connection.version !== 0) for (const watch of work.watches) watch.end?.();
    const judges = this.#settings.judges;
    const judged = (side: Side): boolean =>
      judges === undefined ||
      [...connection.parties[side].addresses.values()].some((set) => [...set].some((one) => judges(one)));
    const findings = connection.version === 0 ? [] : work.ledger.findings(judged);
    this.#settings.onConnection(reportOf(connection, findings));
  }
}

function addOptions(byOption: Work['byOption'], options: NonNullable<Watch['options']>): void {
  for (const [kind, look] of Object.entries(options)) {
    const looks = byOption.get(kind);
    if (looks === undefined) byOption.set(kind, [look]);
    else looks.push(look);
  }
}

/** Called for every packet and some forty monitors; an index makes no object for each of them. */
function call(looks: readonly ((event: PacketEvent) => void)[], event: PacketEvent): void {
  for (let i = 0; i < looks.length; i++) looks[i]?.(event);
}

function callFor(looks: readonly OptionLook[], option: TcpOption, event: PacketEvent): void {
  for (let i = 0; i < looks.length; i++) looks[i]?.(option as never, event);
}

/** Bytes of the IP packet by its header; 0 when there is none. */
function wireLength(bytes: Uint8Array): number {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4 && bytes.length >= 4) return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (version === 6 && bytes.length >= 6) return 40 + (((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0));
  return 0;
}

function reportOf(connection: Connection, findings: Finding[]): ConnectionReport {
  const [a, b] = connection.parties;
  return {
    number: connection.number,
    ...(connection.version === undefined ? {} : { version: connection.version }),
    whole: connection.whole,
    ...(connection.doubt === undefined ? {} : { doubt: connection.doubt }),
    tokens: {
      ...(a.token === undefined ? {} : { initiator: a.token }),
      ...(b.token === undefined ? {} : { responder: b.token }),
    },
    ...(connection.checksums === undefined ? {} : { checksums: connection.checksums }),
    ...(connection.fallback === undefined ? {} : { fallback: connection.fallback }),
    ending: endingOf(connection),
    firstAt: connection.firstAt,
    durationMs: connection.lastAt - connection.firstAt,
    packets: connection.packets,
    data: [bytesOf(a.stream), bytesOf(b.stream)],
    subflows: connection.flows.map(subflowReport),
    findings,
  };
}

function bytesOf(stream: { edge: number; fin: number | undefined }): number {
  return Math.max(0, stream.edge - 1 - (stream.fin === undefined ? 0 : 1));
}

function subflowReport(flow: Flow): SubflowReport {
  const end = (one: Flow['ends'][0]): EndReport => ({
    address: one.address,
    port: one.port,
    packets: one.packets,
    octets: one.bytes,
    ...(one.addressId === undefined ? {} : { addressId: one.addressId }),
  });
  return {
    number: flow.number,
    opening: flow.opening,
    openedBy: flow.openedBy === 0 ? 'initiator' : 'responder',
    ends: [end(flow.ends[0]), end(flow.ends[1])],
    firstAt: flow.firstAt,
    durationMs: flow.lastAt - flow.firstAt,
    backup: flow.join.backup,
    ending: flow.ends.some((one) => one.rst) ? 'RST' : flow.closedAt === undefined ? 'open' : 'FIN',
  };
}
