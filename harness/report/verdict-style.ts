/** Symbols and colours of verdicts. */
import type { Outcome, Verdict } from '../verdict/verdict.ts';

/** One character for each verdict, so that colour is never the only sign. */
export const SYMBOL: Readonly<Record<Outcome, string>> = {
  pass: '✔',
  fail: '✘',
  declared: '≈',
  warn: '!',
  note: '~',
  info: 'i',
  inconclusive: '?',
  skip: '-',
  error: 'E',
};

/** Fill colours in SVG: on a light and on a dark background. */
export const SVG_COLOUR: Readonly<Record<Verdict, { light: string; dark: string }>> = {
  pass: { light: '#1a7f37', dark: '#3fb950' },
  fail: { light: '#cf222e', dark: '#ff7b72' },
  warn: { light: '#9a6700', dark: '#d29922' },
  note: { light: '#57606a', dark: '#8d96a0' },
  info: { light: '#0969da', dark: '#58a6ff' },
  inconclusive: { light: '#8250df', dark: '#bc8cff' },
  skip: { light: '#6e7781', dark: '#8b949e' },
  error: { light: '#bc4c00', dark: '#ffa657' },
};
