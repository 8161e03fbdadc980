/** Rules of sections 3.4 and 3.9: addresses and the path manager. Times are milliseconds. */
import type { OptionAddAddr } from '../../packet/index.ts';
import type { AddressPort, Announcement, Connection, StackState, Subflow } from '../stack-state.ts';

/** ADD_ADDR. */
export const announcing = {
  /** 3.4.1-8.s3. */
  reserved: 0,
  /** An initiator waits until its keys have arrived. */
  mayAnnounce: (connection: Connection): boolean => connection.role === 'responder' || connection.dssReceived,
  /** 3.4.1-3.s3. */
  idToSend: (announcement: Announcement, _connection: Connection): number => announcement.id,
  /** 3.4.1-7.s7: without a port, two bytes of zero. */
  hmacPort: (port: number | undefined): number => port ?? 0,
  /** 3.4.1-7: the rightmost 64 bits. */
  hmac: (right: Uint8Array, _connection: Connection): { hmac?: Uint8Array } => ({ hmac: right }),
  subflow: (first: Subflow, _connection: Connection): Subflow => first,
  /** 3.4.1-8.s6: sent again while there is no echo. */
  goesOn: (announcement: Announcement): boolean => announcement.transmissions < 4,
  retransmitAfter: (stack: StackState, _subflow: Subflow): number =>
    Number(stack.sysctls.get('net.mptcp.add_addr_timeout') ?? 120) * 1000,
  /** Which announcement an echo is about. */
  echoMatches: (announcement: Announcement, echo: OptionAddAddr): boolean =>
    announcement.id === echo.addressId &&
    announcement.address === echo.address &&
    (announcement.port ?? 0) === (echo.port ?? 0),
  /** 3.4.1-7.s9: an ADD_ADDR whose HMAC is wrong is ignored. */
  hmacAcceptable: (valid: boolean, _option: OptionAddAddr, _subflow: Subflow): boolean => valid,
  /** 3.4.1-4.s3: announcements may be ignored. */
  takes: (_option: OptionAddAddr, _subflow: Subflow): boolean => true,
  /** 3.4.1-8.s5. */
  echoes: (_option: OptionAddAddr, _subflow: Subflow): boolean => true,
  echoSubflow: (subflow: Subflow): Subflow => subflow,
  echo: (right: OptionAddAddr, _subflow: Subflow): OptionAddAddr => right,
  /** 3.4.1-12.s1: an Address ID keeps its address. */
  replacesAddress: (_subflow: Subflow): boolean => false,
  /** 3.2-8.s5: an address that the peer has joined from needs no subflow more. */
  correlatesJoins: (_subflow: Subflow): boolean => true,
  /** 3.4.1-6.s3: without a port, that of the peer on the subflow of the announcement. */
  portToConnect: (port: number | undefined, subflow: Subflow): number => port ?? subflow.remote.port,
  /** 3.4.1-11.s2: an announcement makes a target that failed new. */
  refreshesTarget: (_subflow: Subflow): boolean => true,
};

/** REMOVE_ADDR. */
export const removing = {
  reserved: 0,
  /** 3.4.2-1: an address that was announced or is in use, and is no more, is withdrawn. */
  tells: (announced: boolean, inUse: boolean, addressGone: boolean): boolean => announced || inUse || addressGone,
  idsToSend: (id: number, _connection: Connection): number[] => [id],
  /** 3.4.2-3: the IDs of the option. */
  idsToTake: (ids: number[], _subflow: Subflow): number[] => ids,
  addressForgotten: (id: number): number => id,
  /** 3.4.2-3: subflows to that address of the peer. `via` is where the option came. */
  concerns: (subflow: Subflow, id: number, _via: Subflow): boolean => subflow.remoteId === id,
  /** 3.4.2-4.s2: a keepalive first, and a path that answers stays. */
  asksFirst: (_subflow: Subflow): boolean => true,
  keepsAnswered: (_subflow: Subflow): boolean => true,
  probes: 3,
  probeInterval: (subflow: Subflow): number => subflow.rto * 2 ** (subflow.keepaliveProbes - 1),
  /** 3.4.2-5: a RST on the path. */
  resetsPath: (_subflow: Subflow): boolean => true,
  /** 3.4.2-7.s1: a subflow that works is closed by FINs. */
  closesByFin: (_subflow: Subflow): boolean => true,
  endsLocally: (_subflow: Subflow): boolean => true,
};

/** The path manager. */
export const heuristics = {
  /** 3.9.1-1.s2: address and port of the first subflow. */
  targetOfEndpoint: (first: AddressPort, _connection: Connection): AddressPort => first,
  /** 3.9.1-1.s3: the port of the first subflow; 0 for any. */
  localPort: (first: number, _connection: Connection): number => first,
  /** 3.9.1-1.s3: the port of a connection's first subflow is taken on all addresses. */
  reservesPort: (stack: StackState, port: number): boolean =>
    [...stack.connections].some((one) => one.wanted && one.role === 'initiator' && one.first?.local.port === port),
  subflowsPerPair: 1,
  /** 3.1-20.6: flag C. */
  honoursNoJoin: true,
  /** Addresses from which an announced one is connected to. */
  sources: (preferred: string, _all: string[]): string[] => [preferred],
  connectsToAnnounced: (_target: AddressPort & { id: number }, _connection: Connection): boolean => true,
  /** 3.9.3-3.s4. */
  remembersFailure: (_subflow: Subflow): boolean => true,
};
