/** @jsxImportSource preact */
/** The search of the page that `check --html` writes: it hides connections that lack one of the words. Pure. */
import { createHash } from 'node:crypto';
import type { JSX } from 'preact';

/** Sections with this class are searched, in everything that they show: hosts, clauses, findings, packets. */
export const SEARCHED = 'connection';

// Works without a server, so it stands in the page. The words are compared as text; none of them becomes markup.
const SCRIPT = `
const box = document.getElementById('search');
const told = document.getElementById('found');
const sections = [...document.querySelectorAll('.${SEARCHED}')];
const texts = sections.map((section) => section.textContent.toLowerCase());
const search = () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
  let found = 0;
  sections.forEach((section, index) => {
    const fits = words.every((word) => texts[index].includes(word));
    section.hidden = !fits;
    if (fits) found += 1;
  });
  told.textContent = words.length === 0 ? '' : found + ' of ' + sections.length + ' connections';
};
box.addEventListener('input', search);
document.getElementById('searching').hidden = false;
`;

/** Value of the page's Content-Security-Policy: this script and no other, nothing from elsewhere. */
export const PAGE_POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** The box for the words, hidden where scripts do not run. */
export function SearchBox(): JSX.Element {
  return (
    <p id="searching" hidden>
      <label>
        Search <input id="search" type="search" size={40} placeholder="192.0.2.1 3.3-7.s6 mp_join" autocomplete="off" />
      </label>{' '}
      <output id="found" for="search" />
    </p>
  );
}

/** Goes to the end of the page. */
export function SearchScript(): JSX.Element {
  return <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />;
}
