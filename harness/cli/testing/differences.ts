/** How the answers of the reference stack and of Linux may differ in the differential test, and why. */

/** One difference that is explained. Answers are written as `Prober` writes them; `-` means no answer. */
export interface Difference {
  /** Steps at which it shows. */
  step: RegExp;
  linux: RegExp;
  reference: RegExp;
  /** Where it depends on what came before: a step that must be among those. */
  after?: RegExp;
  /** `choice`: the RFCs leave it open. Otherwise a finding of the Linux baseline, by its id. */
  why: 'choice' | { finding: string };
  /** Section or clause that decides. */
  clause: string;
  because: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    step: /^DATA_FIN$/,
    linux: /^-$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    after: /DATA_FIN/,
    why: { finding: 'a-data-fin-that-comes-again' },
    clause: '3.3.3-6.s1',
    because: 'A DATA_FIN that comes again may have lost its Data ACK.',
  },
  {
    step: /^data (again|after a gap|far outside the window)$/,
    linux: /^-$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    why: 'choice',
    clause: 'RFC 5961 §7',
    because: 'Linux limits how many ACKs it sends for segments that bring nothing.',
  },
  {
    step: /./,
    linux: /^ACK seq=[2-9]\d+ ack=\d+ dss dack=\d+$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    after: /^the application sends$/,
    why: 'choice',
    clause: '3.3.6-3',
    because:
      'Linux has sent data again at the connection level, under new numbers of the subflow: its timer is shorter.',
  },
  {
    step: /^ADD_ADDR$/,
    linux: /add_addr echo 7$/,
    reference: /add_addr echo 7 \+ SYN seq=0 mp_join$/,
    why: 'choice',
    clause: '3.4.1-4',
    because:
      'The limits that are set by default let the reference stack connect to an announced address, and Linux not.',
  },
  {
    step: /^fin$/,
    linux: /^FIN\/ACK seq=\d+ ack=\d+ dss dack=\d+/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    why: 'choice',
    clause: '3.3.3-9',
    because: 'A FIN without DATA_FIN closes one direction of the only subflow; Linux closes the other one, too.',
  },
  {
    step: /^(data and )?DATA_FIN$/,
    linux: /^ACK seq=\d+ ack=\d+ dss dack=\d+ \+ ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    why: 'choice',
    clause: '3.3.3-6',
    because: 'Linux acknowledges the data first and the DATA_FIN by an ACK of its own.',
  },
  {
    step: /^DATA_FIN$/,
    linux: /^-$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    after: /outside the window|gap|DSN wrong/,
    why: 'choice',
    clause: '3.3.3-6',
    because: 'A DATA_FIN whose data is not complete cannot be acknowledged; whether an ACK says so is open.',
  },
  {
    step: /./,
    linux: /dss fin dack=\d+ dsn=\d+ dlen=1|FIN\/ACK|^-$|^ACK/,
    reference: /^FIN\/ACK seq=\d+ ack=\d+ dss dack=\d+$/,
    after: /the application ends its data/,
    why: 'choice',
    clause: '3.3.3-7',
    because:
      'The Data ACK of the DATA_FIN has come: the reference stack sends its FIN at once, Linux after the next timer.',
  },
  {
    step: /^MP_FAIL$/,
    linux: /^ACK seq=\d+ ack=\d+ dss dack=\d+ mp_fail dsn=\d+$/,
    reference: /^ACK seq=\d+ ack=\d+ mp_fail dsn=\d+( \+ ACK seq=\d+ ack=\d+ dss dack=\d+)?$/,
    why: 'choice',
    clause: '3.7-11.s7',
    because: 'An answer in kind has no failed mapping, so its number is open; so is a Data ACK beside it.',
  },
  {
    step: /^(data|checksum)/,
    linux: /^ACK seq=\d+ ack=(\d+) dss dack=\d+ mp_fail dsn=\d+$/,
    reference: /^ACK seq=\d+ ack=\d+ mp_fail dsn=\d+( \+ ACK seq=\d+ ack=\d+ dss dack=\d+)?$/,
    why: 'choice',
    clause: '3.7-11',
    because: 'Both report the failed checksum by MP_FAIL; whether the ACK has a Data ACK, too, is open.',
  },
  {
    step: /^(data|checksum)/,
    linux: /^ACK seq=\d+ ack=\d+ dss dack=\d+ mp_fail dsn=\d+$/,
    reference: /^RST\/ACK mp_fail dsn=\d+ mp_tcprst 6$/,
    why: { finding: 'mp-fail-without-rst' },
    clause: '3.7-12.s1',
    because: 'The data that failed lies beyond a gap, so the subflow has to be reset.',
  },
  {
    step: /^checksum/,
    linux: /^(ACK|FIN\/ACK) seq=\d+ ack=\d+$/,
    reference: /^RST\/ACK mp_tcprst 1$/,
    why: { finding: 'checksum-not-agreed' },
    clause: '3.3-8.s4',
    because: 'A checksum that was not agreed on: the subflow has to be reset, and Linux falls back.',
  },
  {
    step: /^data (without options|mapped in part|with another subflow number)$/,
    linux: /^ACK seq=\d+ ack=\d+( \+ .*)?$|RST\/ACK mp_tcprst \d$/,
    reference: /^ACK seq=\d+ ack=\d+ dss dack=\d+$|RST/,
    why: { finding: 'octets-without-a-mapping-on-a' },
    clause: '3.3.1-10',
    because: 'Bytes without a mapping: the reference stack holds them for a mapping that may come, Linux falls back.',
  },
  {
    step: /^infinite mapping$/,
    linux: /^(ACK seq=\d+ ack=\d+|RST\/ACK mp_tcprst 1)$/,
    reference: /^(RST\/ACK mp_tcprst 1|ACK seq=\d+ ack=\d+)$/,
    after: /^data (again|after a gap|under an old DSN|with the next DSN wrong|far outside the window|and DATA_FIN)$/,
    why: 'choice',
    clause: '3.3.1-15',
    because:
      'Data before the infinite mapping is missing: the stream would have a hole, and the RFC does not say what to do.',
  },
];
