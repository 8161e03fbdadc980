/** @jsxImportSource preact */
/** Draws the paths of a run over time: data sequence numbers, rates, round trips. Pure. */
import type { JSX } from 'preact';
import { svgDocument, xmlText } from './markup.tsx';
import type { Point, RunSeries } from '../verdict/series.ts';

/** Colours that people with any colour vision tell apart, on light and on dark ground (after Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const WIDTH = 960;
const PANEL = 190;
const LEFT = 78;
const RIGHT = 16;
const TOP = 56;
const GAP = 46;
/** Ticks on an axis, about. */
const TICKS = 5;

interface Panel {
  title: string;
  y: number;
  most: number;
  format: (value: number) => string;
}

/** An SVG document of its own, with colours for light and dark pages. */
export function pathsSvg(series: RunSeries): string {
  const { paths, seconds, limit } = series;
  const most = (points: readonly Point[][]): number => Math.max(1e-9, ...points.flat().map(({ value }) => value));
  const panels: [Panel, Panel, Panel] = [
    { title: 'data sequence number, bytes', y: TOP, most: most(paths.map((one) => one.sequence)), format: bytes },
    {
      title: 'rate, Mbit/s (dashed: limit of all paths together)',
      y: TOP + PANEL + GAP,
      most: Math.max(limit, most([total(series)])),
      format: short,
    },
    { title: 'round trip, ms', y: TOP + 2 * (PANEL + GAP), most: most(paths.map((one) => one.rtt)), format: short },
  ];
  const height = TOP + 3 * PANEL + 2 * GAP + 40;
  const [sequence, rate, rtt] = panels;
  return svgDocument(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      font-family="system-ui, sans-serif"
      font-size="12"
    >
      <title>{xmlText(series.title)}</title>
      <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      <text x={LEFT} y={18} font-size="14" fill="currentColor">
        {xmlText(clip(series.title, 130))}
      </text>
      {panels.map((panel) => (
        <Frame panel={panel} seconds={seconds} />
      ))}
      {series.events.map((event, i) => (
        <Marker event={event} index={i} seconds={seconds} height={height} />
      ))}
      {paths.map((one, i) => (
        <Dots points={one.sequence} panel={sequence} seconds={seconds} fill={colour(i)} />
      ))}
      {limit > 0 && (
        <Line
          points={[
            { t: 0, value: limit },
            { t: seconds, value: limit },
          ]}
          panel={rate}
          seconds={seconds}
          stroke="currentColor"
          stroke-dasharray="6 4"
          opacity="0.6"
        />
      )}
      <Line points={total(series)} panel={rate} seconds={seconds} stroke="currentColor" opacity="0.45" />
      {paths.map((one, i) => (
        <Line points={one.rate} panel={rate} seconds={seconds} stroke={colour(i)} />
      ))}
      {paths.map((one, i) => (
        <Dots points={one.rtt} panel={rtt} seconds={seconds} fill={colour(i)} />
      ))}
      <Legend paths={paths.map(({ path }) => path)} />
      <text x={WIDTH - RIGHT} y={height - 8} text-anchor="end" fill="currentColor">
        seconds
      </text>
    </svg>,
  );
}

const STYLE =
  'svg { color: #1b1b1b; background: #fff } @media (prefers-color-scheme: dark) { svg { color: #e6e6e6; background: #16181b } }';

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'currentColor';
}

/** Rates of all paths added up. */
function total({ paths }: RunSeries): Point[] {
  return (paths[0]?.rate ?? []).map(({ t }, i) => ({
    t,
    value: paths.reduce((sum, one) => sum + (one.rate[i]?.value ?? 0), 0),
  }));
}

function x(t: number, seconds: number): number {
  return LEFT + (t / seconds) * (WIDTH - LEFT - RIGHT);
}

function y(value: number, { y: top, most }: Panel): number {
  return top + PANEL - (Math.min(value, most) / most) * PANEL;
}

function Frame({ panel, seconds }: { panel: Panel; seconds: number }): JSX.Element {
  return (
    <>
      <text x={LEFT} y={panel.y - 8} fill="currentColor" font-weight="600">
        {panel.title}
      </text>
      {ticks(panel.most).map((value) => {
        const at = y(value, panel).toFixed(1);
        return (
          <>
            <path d={`M${LEFT} ${at}H${WIDTH - RIGHT}`} stroke="currentColor" stroke-width="0.5" opacity="0.25" />
            <text x={LEFT - 6} y={Number(at) + 4} text-anchor="end" fill="currentColor">
              {panel.format(value)}
            </text>
          </>
        );
      })}
      {ticks(seconds).map((t) => (
        <text x={x(t, seconds).toFixed(1)} y={panel.y + PANEL + 15} text-anchor="middle" fill="currentColor">
          {short(t)}
        </text>
      ))}
      <rect
        x={LEFT}
        y={panel.y}
        width={WIDTH - LEFT - RIGHT}
        height={PANEL}
        fill="none"
        stroke="currentColor"
        stroke-width="0.7"
        opacity="0.6"
      />
    </>
  );
}

interface CurveProps {
  points: readonly Point[];
  panel: Panel;
  seconds: number;
}

type LineProps = CurveProps & { stroke: string; opacity?: string; 'stroke-dasharray'?: string };

function Line({ points, panel, seconds, ...look }: LineProps): JSX.Element | null {
  if (points.length === 0) return null;
  const path = points
    .map(({ t, value }, i) => `${i === 0 ? 'M' : 'L'}${x(t, seconds).toFixed(1)} ${y(value, panel).toFixed(1)}`)
    .join('');
  return <path d={path} fill="none" stroke-width="1.5" {...look} />;
}

function Dots({ points, panel, seconds, fill }: CurveProps & { fill: string }): JSX.Element | null {
  if (points.length === 0) return null;
  // Round ends make a dot of a line without length: far smaller than as many circles.
  const path = points.map(({ t, value }) => `M${x(t, seconds).toFixed(1)} ${y(value, panel).toFixed(1)}h0`).join('');
  return <path d={path} stroke={fill} stroke-width="3" stroke-linecap="round" fill="none" />;
}

function Marker(props: {
  event: RunSeries['events'][number];
  index: number;
  seconds: number;
  height: number;
}): JSX.Element {
  const { event, index, seconds, height } = props;
  const text = xmlText(event.text);
  const at = x(event.t, seconds).toFixed(1);
  const isRight = Number(at) > WIDTH * 0.7;
  return (
    <>
      <path d={`M${at} ${TOP}V${height - 40}`} stroke="currentColor" stroke-dasharray="2 3" opacity="0.7">
        <title>{text}</title>
      </path>
      <text
        x={at}
        y={TOP + 12 + (index % 8) * 13}
        dx={isRight ? -4 : 4}
        text-anchor={isRight ? 'end' : 'start'}
        fill="currentColor"
        opacity="0.85"
        font-size="11"
      >
        {clip(text, 60)}
      </text>
    </>
  );
}

function Legend({ paths }: { paths: readonly string[] }): JSX.Element {
  return (
    <>
      {paths.map((path, i) => (
        <g transform={`translate(${LEFT + i * 110} 34)`}>
          <rect width={12} height={12} y={-10} fill={colour(i)} />
          <text x={18} fill="currentColor">
            {xmlText(`path ${path}`)}
          </text>
        </g>
      ))}
    </>
  );
}

/** Round numbers from 0 up to a value. */
function ticks(most: number): number[] {
  const rough = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const found: number[] = [];
  for (let value = 0; value <= most * 1.0001; value += step) found.push(value);
  return found;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function bytes(value: number): string {
  return value >= 1e6 ? `${short(value / 1e6)} MB` : value >= 1e3 ? `${short(value / 1e3)} kB` : short(value);
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
