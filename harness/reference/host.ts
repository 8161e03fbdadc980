/** A host with an MPTCP stack: input and time in; packets, results and timers out. It does no I/O and has no clock. */
import type { Packet } from '../packet/index.ts';
import { administer, DEFAULT_SETTINGS, makeDevice } from './administration.ts';
import { startCall, tryCall, type WaitingCall } from './application.ts';
import type { Call, Output } from './calls.ts';
import { abort } from './mptcp/3.5-fast-close.ts';
import { receiveSignals } from './mptcp/3-signals.ts';
import type { Rules } from './rules/index.ts';
import { nextDue, settle, tickAll } from './settle.ts';
import { done, failed, type Ending } from './sockets.ts';
import { inSynReceived, inSynSent } from './tcp/handshake.ts';
import { passesChecks, processSegment, reopens, timeWaitSegment } from './tcp/input.ts';
import { strayPacket } from './tcp/listen.ts';
import { forgetSubflow, isUsable, tupleOf } from './tcp/subflow.ts';
import type { Arrival, Stack, Subflow } from './state.ts';

/** A network device of the host. */
interface DeviceOptions {
  name: string;
  /** Bytes of an IP packet at most. */
  mtu: number;
  /** With prefix lengths: `192.0.2.1/24`, `2001:db8::1/64`. */
  addresses: string[];
}

/** Parameters of a host. */
export interface HostOptions {
  /** Random bytes: keys, nonces, sequence numbers and ports come from here, and nothing else is random. */
  random: (bytes: number) => Uint8Array;
  /** The rules of the stack, freedoms and faults included: {@link rulesWith}. */
  rules: Rules;
  devices: DeviceOptions[];
}

/**
 * The stack. Times are milliseconds of whatever clock the caller has; they never go back. After every call of
 * `receive`, `call`, `cancel` and `tick` the caller collects the results with `take`, and asks `nextTimer` again.
 */
export class Host {
  readonly #options: HostOptions;
  readonly #stack: Stack;
  #nextCall = 1;
  #waiting: WaitingCall[] = [];
  #outputs: Output[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
    const { rules, random, devices } = options;
    this.#stack = {
      rules,
      random,
      now: 0,
      devices: devices.map(({ name, mtu, addresses }) => makeDevice(name, mtu, addresses)),
      ...initialState(random, rules),
      send: (device, packet) => this.#send(device, packet),
    };
  }

  /**
   * A packet that came in on a device. It has been decoded from bytes whose IP and TCP checksums were right; the
   * caller drops others. Dropped when the device is down or the host does not have the destination address.
   */
  receive(device: string, packet: Packet, now: number): void {
    const stack = this.#at(now);
    if (stack.devices.find((one) => one.name === device)?.up !== true || !isUsable(stack, packet.ip.dst)) return;
    const { tcp, ip } = packet;
    const local = { address: ip.dst, port: tcp.dstPort };
    const subflow = stack.byTuple.get(tupleOf(local, { address: ip.src, port: tcp.srcPort }));
    const options = stack.rules.signals.incoming(tcp.options, subflow);
    if (subflow === undefined || (subflow.state === 'TIME_WAIT' && reopens(subflow, tcp))) {
      if (subflow !== undefined) forgetSubflow(stack, subflow);
      strayPacket(stack, packet, options);
    } else {
      arrive(stack, subflow, { segment: { ...tcp, payload: tcp.payload.slice() }, options });
    }
    this.#finish();
  }

  /** Asks for something; the result comes out of `take` under the number returned, at once or later. */
  call(call: Call, now: number): number {
    const stack = this.#at(now);
    const id = this.#nextCall++;
    if (call.op === 'reset') this.#reset(id);
    else if ('socket' in call || call.op === 'socket') this.#begin(id, call);
    else this.#end(id, administer(stack, call));
    this.#finish();
    return id;
  }

  /** Ends a call that waits: its result is the error ECANCELED, with what was done. A call that has ended is left. */
  cancel(id: number, now: number): void {
    this.#at(now);
    const waiting = this.#waiting.find((one) => one.id === id);
    if (waiting === undefined) return;
    this.#waiting = this.#waiting.filter((one) => one !== waiting);
    this.#end(id, failed('ECANCELED', waiting.partial()));
    this.#finish();
  }

  /** When `tick` is due, in milliseconds; undefined when nothing waits for time. May lie in the past. */
  nextTimer(): number | undefined {
    return nextDue(this.#stack);
  }

  /** Does what is due at `now`. */
  tick(now: number): void {
    tickAll(this.#at(now));
    this.#finish();
  }

  /** The output since the last call, in order. */
  take(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #at(now: number): Stack {
    this.#stack.now = Math.max(this.#stack.now, now);
    return this.#stack;
  }

  #send(device: string, packet: Packet): void {
    const found = this.#stack.devices.find((one) => one.name === device);
    if (found?.up !== true || !isUsable(this.#stack, packet.ip.src)) return;
    this.#outputs.push({ kind: 'packet', device, packet });
  }

  #begin(id: number, call: Exclude<Call, { op: 'reset' }>): void {
    const started = startCall(this.#stack, id, call);
    if ('ok' in started) this.#end(id, started);
    else this.#waiting.push(started);
  }

  #end(id: number, ending: Ending): void {
    this.#outputs.push({ kind: 'result', id, fields: {}, ...ending });
  }

  /** Sends what follows, then ends the calls that can end. */
  #finish(): void {
    for (;;) {
      settle(this.#stack);
      if (this.#waiting.length === 0) return;
      const ended = this.#waiting.filter((one) => {
        const ending = tryCall(this.#stack, one);
        if (ending !== undefined) this.#end(one.id, ending);
        return ending !== undefined;
      });
      if (ended.length === 0) break;
      this.#waiting = this.#waiting.filter((one) => !ended.includes(one));
    }
    settle(this.#stack);
  }

  #reset(id: number): void {
    const stack = this.#stack;
    const sockets = stack.sockets.size;
    for (const one of this.#waiting) this.#end(one.id, failed('ECANCELED', one.partial()));
    this.#waiting = [];
    for (const connection of [...stack.connections]) abort(stack, connection);
    settle(stack);
    Object.assign(stack, initialState(this.#options.random, stack.rules));
    this.#end(id, done({ sockets }));
  }
}

function initialState(random: HostOptions['random'], { initiation }: Rules) {
  return {
    routes: [],
    sysctls: new Map([...DEFAULT_SETTINGS, ['net.mptcp.checksum_enabled', initiation.checksumsByDefault ? '1' : '0']]),
    limits: { subflows: 2, addAddrAccepted: 2 },
    endpoints: [],
    sockets: new Map(),
    connections: new Set<never>(),
    byTuple: new Map(),
    byToken: new Map(),
    listeners: [],
    counters: new Map(),
    cookies: new Map(),
    secret: random(16),
    connectionsMade: 0,
  };
}

/** A segment of a subflow that is known. */
function arrive(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  switch (subflow.state) {
    case 'SYN_SENT':
      inSynSent(stack, subflow, arrival);
      return;
    case 'SYN_RECEIVED':
      inSynReceived(stack, subflow, arrival);
      return;
    case 'TIME_WAIT':
      timeWaitSegment(stack, subflow, arrival);
      return;
    case 'PRE_ESTABLISHED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'CLOSED':
      if (passesChecks(stack, subflow, arrival)) processSegment(stack, subflow, arrival);
      else {
        const options = stack.rules.signals.actsUnchecked(subflow, arrival.options);
        if (options.length > 0) receiveSignals(stack, subflow, { ...arrival, options });
      }
  }
}
