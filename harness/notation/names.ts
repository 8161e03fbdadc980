/** Names and functions that the engine knows without any step having bound them. */

/** `$tester.key`, `$tester.checksum`, `$sut.idsn`, `$a.seq`, `$link2.sut`. */
export const KNOWN_NAMES =
  /^(?:tester\.checksum|(?:tester|sut)\.(?:key|token|idsn)|link\d\.(?:sut|tester|dev)|[a-z]\w*\.(?:nonce|sut_nonce|seq|ack|window|isn|sut_isn|port|sut_port|address|sut_address))$/;

/** Functions of the notation, with the least and the most arguments that each takes. The engine works them out. */
export const FUNCTION_ARGUMENTS = {
  token: [1, 1],
  idsn: [1, 1],
  hmac: [4, 4],
  hmac_addr: [4, 5],
  flip: [1, 2],
  low32: [1, 1],
  left: [2, 2],
  right: [2, 2],
  fill: [1, 2],
  swap32: [1, 1],
  reverse64: [1, 1],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** Name of a function of the notation. */
export type FunctionName = keyof typeof FUNCTION_ARGUMENTS;
