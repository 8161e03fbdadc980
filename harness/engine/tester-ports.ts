/** The tester's ends of the links, on which a scenario sends. */
import type { Cell, CellLink } from '../topology/contract.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';

/** Opens a port on a link. */
export type OpenPort = (
  link: CellLink,
  onPacket: (packet: WirePacket) => void,
  onError: (error: Error) => void,
) => WirePort;

/** A port for each link of a cell. */
export class TesterPorts {
  /** In the order of the topology's links. */
  readonly all: readonly WirePort[];
  readonly #topology: string;
  #last: { port: WirePort; bytes: Uint8Array } | undefined;

  constructor(
    { links, topology }: Cell,
    openPort: OpenPort,
    ...heard: [Parameters<OpenPort>[1], Parameters<OpenPort>[2]]
  ) {
    this.all = links.map((link) => openPort(link, ...heard));
    this.#topology = topology.name;
  }

  /** Sends an IP packet. @param link counts from 1 @throws RangeError if there is no such link @throws WireError */
  async send(link: number, bytes: Uint8Array): Promise<void> {
    const port = this.all[link - 1];
    if (port === undefined) throw new RangeError(`topology ${this.#topology} has no link ${link}`);
    await port.send(bytes);
    this.#last = { port, bytes };
  }

  /** Sends the last packet once more, as it was. @throws WireError */
  async sendAgain(): Promise<void> {
    await this.#last?.port.send(this.#last.bytes);
  }

  /** Closes the ports; idempotent. */
  close(): void {
    for (const port of this.all) port.close();
  }
}
