/** Text inside XML: SVG and HTML that is written as text. Pure. */
import { clean } from './text-layout.ts';

const HARMLESS = /^[\w .,:;=#/+()[\]{}?!*-]*$/;

/** Makes text safe inside XML text and attribute values. Characters that XML forbids are shown as escapes. */
export function escapeXml(text: string): string {
  if (HARMLESS.test(text)) return text;
  return clean(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
