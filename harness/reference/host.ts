/* eslint-disable @typescript-eslint/no-meaningless-void-operator */
/** A host with an MPTCP stack: input and time in; packets, results and timers out. It does no I/O and has no clock. */
import type { Packet } from '../packet/index.ts';
import type { Call, Output } from './calls.ts';
import type { Rules } from './rules/index.ts';

/** A network device of the host. */
export interface DeviceOptions {
  name: string;
  /** Octets of an IP packet at most. */
  mtu: number;
  /** With prefix lengths: `192.0.2.1/24`, `2001:db8::1/64`. */
  addresses: string[];
}

export interface HostOptions {
  /** Random octets: keys, nonces, sequence numbers and ports come from here, and nothing else is random. */
  random: (octets: number) => Uint8Array;
  /** What the stack does, freedoms and faults included: {@link rulesWith}. */
  rules: Rules;
  devices: DeviceOptions[];
}

/**
 * The stack. Times are milliseconds of whatever clock the caller has; they never go back. After every call of
 * `receive`, `call`, `cancel` and `tick` the caller takes what came of it with `take`, and asks `nextTimer` anew.
 */
export class Host {
  readonly options: HostOptions;
  #nextCall = 1;
  #outputs: Output[] = [];

  constructor(options: HostOptions) {
    this.options = options;
  }

  /**
   * A packet that came in on a device. It has been decoded from octets whose IP and TCP checksums were right; the
   * caller drops others. Dropped when the device is down or does not have the destination address.
   */
  receive(device: string, packet: Packet, now: number): void {
    void [device, packet, now];
  }

  /** Asks for something; the result comes out of `take` under the number returned, at once or later. */
  call(call: Call, now: number): number {
    void [call, now];
    const id = this.#nextCall++;
    this.#outputs.push({ kind: 'result', id, ok: false, errno: 'ENOSYS', fields: {} });
    return id;
  }

  /** Ends a call that waits: its result is the error ECANCELED, with what was done. A call that has ended is left. */
  cancel(id: number, now: number): void {
    void [id, now];
  }

  /** When `tick` is due, in milliseconds; undefined when nothing waits for time. May lie in the past. */
  nextTimer(): number | undefined {
    return undefined;
  }

  /** Does what is due at `now`. */
  tick(now: number): void {
    void now;
  }

  /** What came out since the last call, in order. */
  take(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
