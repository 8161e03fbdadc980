/** @jsxImportSource preact */
/** The ladder diagram as a picture: one self-contained SVG, readable on light and on dark pages. */
import type { JSX } from 'preact';
import { packetLabel } from './ladder-text.ts';
import { svgDocument, xmlText } from './markup.tsx';
import { clean, displayWidth, fit, wrap } from './text-layout.ts';
import { SVG_COLOUR, SYMBOL } from './verdict-style.ts';
import type { LadderEntry } from '../verdict/result.ts';
import { WORST_FIRST } from '../verdict/verdict.ts';

/** Text above the ladder. */
export interface LadderTitle {
  title: string;
  subtitle?: string;
  /** Names of the lifelines: the source of packets of direction `out`, and their destination. */
  hosts?: readonly [string, string];
}

/** Width of one column of the monospace font at 12 px. Fonts differ by a few percent; the margins take that. */
const COLUMN = 7.25;
const LINE = 15;
const TIME_X = 76;
const TESTER_X = 116;
const MIN_LABEL = 48;
const MAX_LABEL = 96;

interface Geometry {
  /** Columns of a label before it wraps. */
  columns: number;
  sutX: number;
  width: number;
}

/** A ladder as an SVG document of its own. */
export function ladderSvg(entries: readonly LadderEntry[], heading: LadderTitle = { title: '' }): string {
  return svgDocument(ladderPicture(entries, heading));
}

/** Draws a ladder. Every text is made safe: what a SUT sends is not trusted. No scripts, no fonts, no references. */
export function ladderPicture(entries: readonly LadderEntry[], heading: LadderTitle): JSX.Element {
  const geometry = layOut(entries);
  const hosts = heading.hosts ?? ['Tester', 'SUT'];
  const titles = [heading.title, heading.subtitle ?? ''].map((text) => clean(text)).filter((text) => text !== '');
  const top = 16 + titles.length * 20 + 34;
  let y = top;
  const rows = entries.map((entry) => {
    const row = entry.kind === 'packet' ? packetRow(entry, geometry, y) : noteRow(entry, geometry, y);
    y += row.height;
    return row.svg;
  });
  const { width, sutX } = geometry;
  const height = y + 14;
  const name = xmlText(titles.join(': ') || 'Ladder diagram');
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={name}
    >
      <title>{name}</title>
      <style dangerouslySetInnerHTML={{ __html: styleSheet() }} />
      <rect class="page" width={width} height={height} />
      {titles.map((text, index) => (
        <Text
          x={16}
          y={26 + index * 20}
          text={fit(text, titleColumns(geometry))}
          classes={index === 0 ? 'title' : 'dim'}
        />
      ))}
      <Lifeline name={hosts[0]} x={TESTER_X} top={top} height={height} />
      <Lifeline name={hosts[1]} x={sutX} top={top} height={height} />
      <Text x={TIME_X} y={top - 14} text="ms" classes="dim end" />
      {rows}
    </svg>
  );
}

function layOut(entries: readonly LadderEntry[]): Geometry {
  const longest = Math.max(
    0,
    ...entries.map((entry) => displayWidth(packetLabel(entry)) + (entry.kind === 'packet' ? 0 : 8)),
  );
  const columns = Math.min(MAX_LABEL, Math.max(MIN_LABEL, longest));
  const sutX = Math.round(TESTER_X + columns * COLUMN + 40);
  const marks = Math.max(0, ...entries.map((entry) => displayWidth(markText(entry))));
  return { columns, sutX, width: Math.round(sutX + Math.max(60, marks * COLUMN + 40)) };
}

function titleColumns(geometry: Geometry): number {
  return Math.floor((geometry.width - 32) / (COLUMN * 1.2));
}

/** A part of the picture and the height that it takes. */
interface Row {
  svg: JSX.Element;
  height: number;
}

function packetRow(entry: LadderEntry, { columns, sutX }: Geometry, y: number): Row {
  const lines = wrap(packetLabel(entry), columns);
  const arrowY = y + lines.length * LINE + 3;
  const out = entry.direction === 'out';
  const [from, tip, back] = out ? [TESTER_X, sutX, sutX - 9] : [sutX, TESTER_X, TESTER_X + 9];
  const colour = entry.verdict ?? 'plain';
  const svg = (
    <>
      {lines.map((line, index) => (
        <Text x={TESTER_X + 18} y={y + LINE * (index + 1) - 3} text={line} classes="label" />
      ))}
      <Text x={TIME_X} y={arrowY + 4} text={entry.at.toFixed(3)} classes="dim end" />
      <path class={`arrow s-${colour}`} d={`M${from} ${arrowY}H${back}`} />
      <path class={`f-${colour}`} d={`M${tip} ${arrowY}L${back} ${arrowY - 5}V${arrowY + 5}Z`} />
      <Mark entry={entry} sutX={sutX} y={arrowY} />
    </>
  );
  return { svg, height: lines.length * LINE + 16 };
}

function noteRow(entry: LadderEntry, { columns, sutX }: Geometry, y: number): Row {
  const lines = wrap(`${entry.kind}: ${packetLabel(entry)}`, columns);
  const height = lines.length * LINE + 6;
  const svg = (
    <>
      <Text x={TIME_X} y={y + 15} text={entry.at.toFixed(3)} classes="dim end" />
      <rect
        class={`note ${entry.kind}`}
        x={TESTER_X + 10}
        y={y + 2}
        width={sutX - TESTER_X - 20}
        height={height - 1}
        rx={4}
      />
      {lines.map((line, index) => (
        <Text x={TESTER_X + 18} y={y + LINE * (index + 1)} text={line} classes="quiet" />
      ))}
      <Mark entry={entry} sutX={sutX} y={y + 11} />
    </>
  );
  return { svg, height: height + 6 };
}

function markText(entry: LadderEntry): string {
  if (entry.verdict === undefined) return '';
  return `${SYMBOL[entry.verdict]} ${entry.verdict}${entry.clause === undefined ? '' : ` ${clean(entry.clause)}`}`;
}

function Mark({ entry, sutX, y }: { entry: LadderEntry; sutX: number; y: number }): JSX.Element | null {
  if (entry.verdict === undefined) return null;
  return <Text x={sutX + 16} y={y + 4} text={markText(entry)} classes={`mark f-${entry.verdict}`} />;
}

function Lifeline({ name, x, top, height }: { name: string; x: number; top: number; height: number }): JSX.Element {
  return (
    <>
      <path class="line" d={`M${x} ${top - 6}V${height - 8}`} />
      <Text x={x} y={top - 14} text={name} classes="host" />
    </>
  );
}

function Text({ x, y, text, classes }: { x: number; y: number; text: string; classes: string }): JSX.Element {
  return (
    <text class={classes} x={x} y={y}>
      {xmlText(text)}
    </text>
  );
}

function styleSheet(): string {
  const verdicts = (theme: 'light' | 'dark'): string =>
    WORST_FIRST.map((verdict) => {
      const colour = SVG_COLOUR[verdict][theme];
      return `.f-${verdict}{fill:${colour}}.s-${verdict}{stroke:${colour}}`;
    }).join('');
  const theme = (page: string, ink: string, dim: string, line: string, band: string, agent: string): string =>
    `.page{fill:${page}}text,.f-plain{fill:${ink}}.s-plain{stroke:${ink}}.dim,.quiet{fill:${dim}}` +
    `.line{stroke:${line}}.note{fill:${band}}.agent{fill:${agent}}`;
  const light = theme('#ffffff', '#1f2328', '#59636e', '#afb8c1', '#f0f2f5', '#eaf3fd') + verdicts('light');
  const dark = theme('#0d1117', '#e6edf3', '#9198a1', '#484f58', '#1c2129', '#152238') + verdicts('dark');
  return (
    'text{white-space:pre;font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}.title{font-size:14px;font-weight:600}' +
    '.host{font-weight:600;text-anchor:middle}.end{text-anchor:end}.mark{font-weight:600}.arrow{stroke-width:1.5}' +
    `.line{stroke-width:1.5}${light}@media(prefers-color-scheme:dark){${dark}}`
  );
}
