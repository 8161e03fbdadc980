/** Where a clause stands in RFC 8684: its section, the section's heading, and its place on the web. */

/** Headings of RFC 8684, by section number. */
const HEADINGS: Readonly<Record<string, string>> = {
  '1': 'Introduction',
  '1.1': 'Design Assumptions',
  '1.2': 'Multipath TCP in the Networking Stack',
  '1.3': 'Terminology',
  '1.4': 'MPTCP Concept',
  '1.5': 'Requirements Language',
  '2': 'Operation Overview',
  '2.1': 'Initiating an MPTCP Connection',
  '2.2': 'Associating a New Subflow',
  '2.3': 'Informing of Another Address',
  '2.4': 'Data Transfer Using MPTCP',
  '2.5': 'Changing a Path\'s Priority',
  '2.6': 'Closing an MPTCP Connection',
  '2.7': 'Notable Features',
  '3': 'MPTCP Operations',
  '3.1': 'Connection Initiation',
  '3.2': 'Starting a New Subflow',
  '3.3': 'Operation and Data Transfer',
  '3.3.1': 'Data Sequence Mapping',
  '3.3.2': 'Data Acknowledgments',
  '3.3.3': 'Closing a Connection',
  '3.3.4': 'Receiver Considerations',
  '3.3.5': 'Sender Considerations',
  '3.3.6': 'Reliability and Retransmissions',
  '3.3.7': 'Congestion Control',
  '3.3.8': 'Subflow Policy',
  '3.4': 'Address Knowledge Exchange',
  '3.4.1': 'Address Advertisement',
  '3.4.2': 'Remove Address',
  '3.5': 'Fast Close',
  '3.6': 'Subflow Reset',
  '3.7': 'Fallback',
  '3.8': 'Error Handling',
  '3.9': 'Heuristics',
  '3.9.1': 'Port Usage',
  '3.9.2': 'Delayed Subflow Start',
  '3.9.3': 'Failure Handling',
  '4': 'Semantic Issues',
  '5': 'Security Considerations',
  '6': 'Interactions with Middleboxes',
  '7': 'IANA Considerations',
  '7.1': 'TCP Option Kind Numbers',
  '7.2': 'MPTCP Option Subtypes',
  '7.3': 'MPTCP Handshake Algorithms',
  '7.4': 'MP_TCPRST Reason Codes',
  A: 'Notes on Use of TCP Options',
  B: 'TCP Fast Open and MPTCP',
  'B.1': 'TFO Cookie Request with MPTCP',
  'B.2': 'Data Sequence Mapping under TFO',
  'B.3': 'Connection Establishment Examples',
  C: 'Control Blocks',
  D: 'Finite State Machine',
  E: 'Changes from RFC 6824',
};

/** The section a clause stands in: `3.1` of `3.1-20.8.s4`. */
export function sectionOf(clause: string): string {
  return clause.split('-')[0] ?? clause;
}

/** `§3.1 Connection Initiation`; just the number where there is no such section. */
export function sectionTitle(section: string): string {
  const heading = HEADINGS[section];
  return heading === undefined ? `§${section}` : `§${section} ${heading}`;
}

/**
 * Address of a clause's paragraph in the RFC editor's HTML. Sentences have no anchors, so the `.sN` part is dropped;
 * paragraphs of appendices have the prefix `appendix-`.
 */
export function clauseLink(clause: string): string {
  const paragraph = clause.replace(/\.s\d+(\.\d+)?$/, '');
  const prefix = /^[A-Z]/.test(paragraph) ? 'appendix' : 'section';
  return `https://www.rfc-editor.org/rfc/rfc8684.html#${prefix}-${paragraph}`;
}

/** Orders sections as the RFC does: `3.3.8` before `3.10`, numbers before appendices. */
export function compareSections(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i];
    const y = right[i];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const bothNumbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    return bothNumbers ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return 0;
}
