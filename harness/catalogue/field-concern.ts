/** Which packet fields a clause is about, by the words that it has under `concerns`. Pure. */

/** Fields with a subject of their own; every other field of an option is about the option. */
const FIELDS: Readonly<Record<string, string>> = {
  'dss.csum': 'checksum',
  'mp_capable.csum': 'checksum',
  'dss.dack': 'DATA_ACK',
  'dss.dack_size': 'DATA_ACK',
  'dss.F': 'DATA_FIN',
  'dss.dsn': 'DSS-mapping',
  'dss.ssn': 'DSS-mapping',
  'dss.dlen': 'DSS-mapping',
  'dss.map': 'DSS-mapping',
  'mp_capable.version': 'version',
  'mp_capable.key': 'keys',
  'mp_capable.rkey': 'keys',
  'mp_fastclose.key': 'keys',
  // MP_FAIL says that a checksum is wrong.
  mp_fail: 'checksum',
  'mp_join.hmac': 'crypto',
  'add_addr.hmac': 'crypto',
  'mp_join.token': 'MP_JOIN',
  win: 'window',
};

/** `dss.csum` is about `checksum`, `mp_prio` about `MP_PRIO`; undefined for fields of TCP that are about nothing of MPTCP. */
export function concernOf(field: string): string | undefined {
  const own = FIELDS[field];
  if (own !== undefined) return own;
  const [option = ''] = field.split('.');
  return /^(mp_|dss$|add_addr|remove_addr)/.test(option) ? option.toUpperCase() : undefined;
}
