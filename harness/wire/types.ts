/** The tester's side of one link. */
import { ExplainedError } from '../document/explained-error.ts';

/** A packet as it came or went. */
export interface WirePacket {
  /** Milliseconds, monotonic clock (`performance.now()`). */
  at: number;
  direction: 'in' | 'out';
  /** Name of the link in the topology. */
  link: string;
  /** The whole IP packet; our own copy. */
  bytes: Uint8Array;
}

/** Raw access to one link for one address family. */
export interface WirePort {
  readonly link: string;
  /** Sends one whole IP packet, as it is. Resolves when the kernel has taken it. */
  send(bytes: Uint8Array): Promise<void>;
  /**
   * A fence: an ICMP echo to the SUT's address on this link. Resolves with the round trip in milliseconds once the
   * answer is here, so everything sent before has been received by the stack.
   *
   * @throws WireError when no answer comes within `timeoutMs`
   */
  echo(timeoutMs: number): Promise<number>;
  close(): void;
}

/** The link does not work: a fault of the harness or the machine. */
export class WireError extends ExplainedError {
  override readonly name = 'WireError';
}
