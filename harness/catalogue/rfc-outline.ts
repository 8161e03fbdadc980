/**
 * The outline of RFC 8684: its sections, and how many sentences each paragraph of them has. Facts only, so that ids
 * can be checked without the text at hand. A figure counts as one sentence.
 */

/** A section of the RFC. */
export interface OutlineSection {
  /** Section number: `3.1`, `B.2`. */
  section: string;
  /** Title, as in the RFC. */
  title: string;
  /** Sentences by paragraph: `20.8` to 4. */
  sentences: ReadonlyMap<string, number>;
}

/** Section, title, and `paragraph:sentences` separated by blanks. */
const rows: readonly (readonly [string, string, string])[] = [
  ['1', 'Introduction', '1:4 2.1:1 2.2:1 2.3:1 3:3'],
  ['1.1', 'Design Assumptions', '1:1 2.1:1 2.2:1 3:5 4:1 5.1:1 5.2:2 5.3:1 5.4:2 5.5:1 5.6:1 6:1 7:1'],
  ['1.2', 'Multipath TCP in the Networking Stack', '1:3 2.1:1'],
  ['1.3', 'Terminology', '1:1 2.1:1 2.2:1 2.3:1 2.4:2 2.5:1 2.6:2 2.7:1 2.8:2 2.9:1 2.10:2 2.11:1 2.12:1 3:1'],
  ['1.4', 'MPTCP Concept', '1:2 2.1:1 3.1:4 3.2:2 3.3:2 3.4:4 3.5:1 3.6:1 3.7:2'],
  ['1.5', 'Requirements Language', '1:1'],
  ['2', 'Operation Overview', '1:4 2:6 3:2'],
  ['2.1', 'Initiating an MPTCP Connection', '1:4 2:1 3:2 4:1'],
  ['2.2', 'Associating a New Subflow with an Existing MPTCP Connection', '1:2 2:5 3:1'],
  ['2.3', 'Informing the Other Host about Another Potential Address', '1:4 2:6 3:1 4:2 5:1'],
  ['2.4', 'Data Transfer Using MPTCP', '1:3 2:3 3:5 4:1 5:1'],
  ['2.5', "Requesting a Change in a Path's Priority", '1:3 2:1'],
  ['2.6', 'Closing an MPTCP Connection', '1:1 2:4 3:1 4:5 5:1'],
  ['2.7', 'Notable Features', '1:1 2.1:2 2.2:2 2.3:3'],
  ['3', 'MPTCP Operations: An Overview', '1:2 2:3 3:3 4.1:1 5:2 6:6 7:1'],
  [
    '3.1',
    'Connection Initiation',
    '1:3 2.1:1 3:10 4:2 5:2 6.1:1 6.2:1 6.3:1 6.4:1 7:2 8:1 9:5 10:6 11:6 12:3 13:4 14:4 15:9 16:7 17:5 18:3 ' +
      '19:1 20.1:1 20.2:1 20.3:1 20.4:6 20.5:1 20.6:2 20.7:1 20.8:4 21:2 22:6 23:7 24:5 25:1 26:5 27:5 28:5',
  ],
  [
    '3.2',
    'Starting a New Subflow',
    '1:4 2:3 3:2 4:1 5.1:1 6:4 7:2 8:5 9:3 10:4 11:4 12.1:1 13:4 14:5 15.1:1 16:3 17:1 18.1:1 19:2 20:2 21:1 ' +
      '22:1 23:1 24:3 25:4 26:4',
  ],
  ['3.3', 'MPTCP Operation and Data Transfer', '1:3 2:4 3.1:1 4:1 5.1:1 5.2:1 5.3:1 5.4:1 6:2 7:6 8:5'],
  ['3.3.1', 'Data Sequence Mapping', '1:4 2:4 3:4 4:2 5:5 6:1 7.1:1 8:3 9:2 10:6 11:3 12:4 13:3 14:4 15:3'],
  ['3.3.2', 'Data Acknowledgments', '1:5 2:3 3:5 4:4 5:2'],
  ['3.3.3', 'Closing a Connection', '1:4 2:2 3:2 4:3 5:2 6:6 7:4 8:1 9:4'],
  ['3.3.4', 'Receiver Considerations', '1:2 2:3 3:3 4:3 5:4 6:7'],
  ['3.3.5', 'Sender Considerations', '1:3 2:5 3:3 4:4 5:1'],
  ['3.3.6', 'Reliability and Retransmissions', '1:5 2:2 3:3 4:4 5:4'],
  ['3.3.7', 'Congestion Control Considerations', '1:4 2:1 3:1'],
  ['3.3.8', 'Subflow Policy', '1:1 2:2 3:3 4:2 5:1 6:2 7.1:1 8:1 9:3'],
  ['3.4', 'Address Knowledge Exchange (Path Management)', '1:2 2:5 3:1 4.1:4 4.2:4 4.3:3 5:1'],
  ['3.4.1', 'Address Advertisement', '1:3 2.1:1 3:3 4:5 5:3 6:3 7:9 8:3 9:4 10:8 11:2 12:3 13:1 14:3'],
  ['3.4.2', 'Remove Address', '1:3 2:1 3.1:1 4:6 5:1 6:2 7:2'],
  ['3.5', 'Fast Close', '1:4 2:6 3.1:1 4:1 5.1:3 5.2:2 6:1 7.1:2 7.2:3 7.3:4 8:2'],
  ['3.6', 'Subflow Reset', '1:4 2.1:1 3:2 4:6 5:2 6.1:3 6.2:3 6.3:2 6.4:2 6.5:3 6.6:2 6.7:3'],
  ['3.7', 'Fallback', '1:5 2:3 3:2 4.1:2 4.2:2 4.3:2 4.4:2 5:1 6:8 7:1 8:4 9.1:1 10:2 11:7 12:4 13:3 14:3 15:2'],
  ['3.8', 'Error Handling', '1:3 2:1 3.1:1 3.2:1 3.3:1'],
  ['3.9', 'Heuristics', '1:3'],
  ['3.9.1', 'Port Usage', '1:4 2:2'],
  ['3.9.2', 'Delayed Subflow Start and Subflow Symmetry', '1:3 2:1 3:1 4:2 5:3 6:2 7:2 8:4 9:1'],
  ['3.9.3', 'Failure Handling', '1:2 2:3 3:5 4:2'],
  [
    '4',
    'Semantic Issues',
    '1:2 2.1:1 2.2:5 2.3:1 2.4:3 2.5:1 2.6:2 2.7:1 2.8:4 2.9:1 2.10:2 2.11:1 2.12:2 2.13:1 2.14:3 2.15:1 ' + '2.16:2',
  ],
  [
    '5',
    'Security Considerations',
    '1:4 2.1:1 2.2:1 2.3:1 3:1 4:8 5:3 6:5 7:3 8:5 9:2 10:1 11:3 12:1 13.1:2 13.2:1 13.3:1 13.4:1 14:1 15.1:1 ' +
      '15.2:1 15.3:1',
  ],
  [
    '6',
    'Interactions with Middleboxes',
    '1:4 2:3 3:2 4:3 5:2 6.1:1 7:5 8:2 9:6 10:2 11.1:4 11.2:3 11.3:3 11.4:3 11.5:3 11.6:4 12:1 13.1:3 13.2:3 ' +
      '13.3:2',
  ],
  ['7', 'IANA Considerations', '1:4'],
  ['7.1', 'TCP Option Kind Numbers', '1:1'],
  ['7.2', 'MPTCP Option Subtypes', '1:2 2:2 4:5'],
  ['7.3', 'MPTCP Handshake Algorithms', '1:2 2:2 4:1 5:2'],
  ['7.4', 'MP_TCPRST Reason Codes', '1:4 3:1'],
  ['A', 'Notes on Use of TCP Options', '1:2 2:1 3:5 4:2 5:5 6:2 7:2 8:6 9:4'],
  ['B', 'TCP Fast Open and MPTCP', '1:4 2:1'],
  ['B.1', 'TFO Cookie Request with MPTCP', '1:3 2:1 3.1:3 3.2:5'],
  ['B.2', 'Data Sequence Mapping under TFO', '1:6 2:3'],
  ['B.3', 'Connection Establishment Examples', '1:1 2:4 3.1:1 4:4 5.1:1 6:3 7.1:1 8:2 9.1:1'],
  ['C', 'Control Blocks', '1:1 2:2'],
  ['C.1', 'MPTCP Control Block', '1:1'],
  ['C.1.1', 'Authentication and Metadata', '1.1:1 1.2:2 1.3:1 1.4:1 1.5:1 1.6:1 1.7:1 1.8:1 1.9:1 1.10:2'],
  ['C.1.2', 'Sending Side', '1.1:1 1.2:2 1.3:1 1.4:2 1.5:1 1.6:4'],
  ['C.1.3', 'Receiving Side', '1.1:1 1.2:3 1.3:1 1.4:2'],
  ['C.2', 'TCP Control Blocks', '1:1 2:1 3:1'],
  ['C.2.1', 'Sending Side', '1.1:1 1.2:2 1.3:1 1.4:2'],
  ['C.2.2', 'Receiving Side', '1.1:1 1.2:3 1.3:1 1.4:2'],
  ['D', 'Finite State Machine', '1:2 2.1:1'],
];

/** Sections 1 to 7 and Appendices A to D, in order. */
export const rfcOutline: readonly OutlineSection[] = rows.map(([section, title, paragraphs]) => ({
  section,
  title,
  sentences: new Map(
    paragraphs
      .split(' ')
      .filter(Boolean)
      .map((word) => {
        const [paragraph = '', count] = word.split(':');
        return [paragraph, Number(count)] as const;
      }),
  ),
}));

const titles = new Map(rfcOutline.map(({ section, title }) => [section, title]));
/** Sections that are not the RFC's, each a folder of suites: they run only when they are named. */
const BESIDE: ReadonlyMap<string, string> = new Map([
  ['multipath', 'Several paths, one connection'],
  ['path-manager', 'The path manager as documented'],
]);

/** Names of the sections that are not the RFC's. */
export const sectionsBeside: readonly string[] = [...BESIDE.keys()];

/** Whether a section, or the first part of a scenario's id, is not of the RFC. */
export function isBeside(section: string): boolean {
  return BESIDE.has(section);
}

/** `§3.1 Connection Initiation`; just the number where there is no such section. */
export function sectionTitle(section: string): string {
  const title = titles.get(section);
  const beside = BESIDE.get(section);
  if (beside !== undefined) return beside;
  // A promise stands for itself; what does not begin like a section of the RFC is a prefix of the user's own.
  if (title === undefined) return /^([A-Z]+-|[a-z])/.test(section) ? section : `§${section}`;
  return `§${section} ${title}`;
}
