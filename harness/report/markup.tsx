/** @jsxImportSource preact */
/** Pictures and pages that stand alone: markup rendered by Preact, texts from outside made safe. Pure. */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { clean } from './text-layout.ts';

/**
 * Text from outside for XML: Preact escapes markup; characters that XML forbids, and the end of a CDATA section, are
 * made visible or broken up.
 */
export function xmlText(text: string): string {
  return clean(text).replaceAll(']]>', ']] >');
}

/** An SVG document of its own. */
export function svgDocument(picture: VNode): string {
  return `${renderToString(picture)}\n`;
}

/** A page of its own: no scripts, nothing from elsewhere. */
export function htmlDocument(page: VNode): string {
  return `<!doctype html>\n${renderToString(page)}\n`;
}
