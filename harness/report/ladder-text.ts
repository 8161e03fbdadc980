/** The ladder diagram for a terminal. */
import { clean, coloursOf, displayWidth, fit, pad, paint, wrap, type Colours, type TextStyle } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import type { LadderEntry } from '../verdict/result.ts';

const TIME_WIDTH = 9;
/** The lifelines of tester and SUT, and what goes between them. */
const LANES = { none: '  │         │  ', out: '  ├────────▶│  ', in: '  │◀────────┤  ' } as const;
const LANE_WIDTH = displayWidth(LANES.none);
const MIN_BODY = 32;

/**
 * Draws a ladder: time in milliseconds, an arrow between the tester and the SUT, the packet, and the verdict of the
 * expectation that it decided. Long packets continue below, so nothing is cut; no line is wider than the style's width.
 */
export function ladderText(entries: readonly LadderEntry[], style: TextStyle): string {
  const colours = coloursOf(style);
  const width = Math.max(60, style.width);
  const room = width - TIME_WIDTH - LANE_WIDTH;
  const wanted = Math.min(28, Math.max(0, ...entries.map((entry) => displayWidth(markOf(entry)))));
  // On a narrow terminal the verdict gets a line of its own.
  const markWidth = room - wanted - 2 >= MIN_BODY ? wanted : 0;
  const body = markWidth === 0 ? room : room - markWidth - 2;
  const head = `${'ms'.padStart(TIME_WIDTH)} Tester     SUT `;
  const lines = entries.flatMap((entry) => rowsOf(entry, body, markWidth, colours));
  return `${[colours.dim(head.trimEnd()), ...lines].join('\n')}\n`;
}

/** A packet, beginning with its subflow. Ladders of earlier versions have a direction there, which the arrow shows. */
export function packetLabel(entry: LadderEntry): string {
  const text = clean(entry.text);
  if (entry.kind !== 'packet') return text;
  const [, subflow, rest] = /^(\S+) [<>] (.*)$/.exec(text) ?? [];
  if (subflow !== undefined && rest !== undefined) return `${subflow} ${rest}`;
  if (entry.subflow !== undefined && text.startsWith(`${clean(entry.subflow)} `)) return text;
  return entry.subflow === undefined ? text : `${clean(entry.subflow)} ${text}`;
}

function markOf(entry: LadderEntry): string {
  if (entry.verdict === undefined) return '';
  const clause = entry.clause === undefined ? '' : ` ${clean(entry.clause)}`;
  return `${SYMBOL[entry.verdict]} ${entry.verdict}${clause}`;
}

function rowsOf(entry: LadderEntry, width: number, markWidth: number, colours: Colours): string[] {
  const lane = entry.kind === 'packet' ? LANES[entry.direction === 'out' ? 'out' : 'in'] : LANES.none;
  const prefix = entry.kind === 'packet' ? '' : `${entry.kind}: `;
  const pieces = wrap(`${prefix}${packetLabel(entry)}`, width - 2);
  const rows = pieces.map((piece, index) => {
    const first = index === 0;
    const time = (first ? entry.at.toFixed(3) : '').padStart(TIME_WIDTH);
    const plain = pad(`${first ? '' : '  '}${piece}`, width);
    const text = entry.kind === 'packet' ? plain : colours.dim(plain);
    const verdict = first && markWidth > 0 ? entry.verdict : undefined;
    const mark = verdict === undefined ? '' : `  ${paint(colours, verdict, fit(markOf(entry), markWidth))}`;
    return `${colours.dim(time)}${first ? lane : LANES.none}${text}${mark}`.trimEnd();
  });
  if (markWidth > 0 || entry.verdict === undefined) return rows;
  const mark = paint(colours, entry.verdict, fit(markOf(entry), width - 2));
  return [...rows, `${' '.repeat(TIME_WIDTH)}${LANES.none}  ${mark}`];
}
