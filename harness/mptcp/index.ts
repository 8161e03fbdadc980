export { dssChecksum } from './dss-checksum.ts';
export { addAddrHmac, hmacSha256, joinHmac } from './hmac.ts';
export { idsn, keyBytes, token } from './keys.ts';
export {
  dsnAdd,
  dsnDiff,
  dsnLeq,
  dsnLt,
  low32,
  lowHalf,
  promote32,
  seqAdd,
  seqDiff,
  seqGeq,
  seqGt,
  seqInWindow,
  seqLeq,
  seqLt,
  seqOffset,
  wrap,
} from './sequence.ts';
