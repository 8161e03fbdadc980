/** Names that the engine knows without any step having bound them. */

/** `$tester.key`, `$sut.idsn`, `$a.seq`, `$link2.sut`. */
export const KNOWN_NAMES =
  /^(?:(?:tester|sut)\.(?:key|token|idsn)|link\d\.(?:sut|tester|dev)|[a-z]\w*\.(?:nonce|sut_nonce|seq|ack|window|isn|sut_isn|port|sut_port|address|sut_address))$/;
