/** The frame of every page. */
import type { ComponentChildren, JSX } from 'preact';
import { SYMBOL } from '../report/verdict-style.ts';
import { type Level, LEVEL_NAME } from '../verdict/level.ts';
import type { Outcome } from '../verdict/verdict.ts';

/** Words for outcomes, as pages explain them. */
const OUTCOME_TEXT: Readonly<Record<Outcome, string>> = {
  pass: 'kept',
  fail: 'a MUST or a stated requirement is broken',
  declared: 'broken, and declared with a reason',
  warn: 'a SHOULD is broken',
  note: 'advice that the stack does not follow; never counted against it',
  info: 'a choice that the RFC leaves to the stack; recorded',
  inconclusive: 'a precondition was not met',
  skip: 'the stack lacks the feature',
  error: 'the harness failed',
};

/** Properties of every page. */
export interface PageProps {
  title: string;
  /** From the page's folder to the site's root: empty, or `../`. */
  root: string;
  /** Part of the navigation that the page belongs to. */
  part?: 'matrix' | 'compare' | undefined;
  children: ComponentChildren;
}

// Defence in depth: what a stack sends is escaped, and could do nothing if it were not.
const POLICY =
  "default-src 'none'; img-src 'self' file: data:; style-src 'self' file:; script-src 'self' file:; base-uri 'none'; form-action 'none'";

/** A whole page, without the document type. */
export function Page({ title, root, part, children }: PageProps): JSX.Element {
  const current = (name: PageProps['part']): { 'aria-current'?: 'page' } =>
    part === name ? { 'aria-current': 'page' } : {};
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="stylesheet" href={`${root}site.css`} />
        <script src={`${root}site.js`} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <nav aria-label="Site">
            <a href={`${root}index.html`} {...current('matrix')}>
              RFC 8684 matrix
            </a>
            <a href={`${root}compare.html`} {...current('compare')}>
              What changed
            </a>
          </nav>
          <button type="button" id="theme" hidden>
            Theme
          </button>
        </header>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </body>
    </html>
  );
}

/** An outcome as a coloured mark with its word. */
export function Mark({ outcome }: { outcome: Outcome | undefined }): JSX.Element {
  if (outcome === undefined) return <span class="mark none">· not judged</span>;
  return (
    <span class={`mark ${outcome}`}>
      {SYMBOL[outcome]} {outcome}
    </span>
  );
}

/** A level as a badge. */
export function LevelMark({ level }: { level: Level }): JSX.Element {
  return <span class={`level ${level}`}>{LEVEL_NAME[level]}</span>;
}

/** Legend of the marks. */
export function Legend({ outcomes }: { outcomes: readonly Outcome[] }): JSX.Element {
  return (
    <dl class="legend">
      {outcomes.map((outcome) => (
        <div key={outcome}>
          <dt>
            <Mark outcome={outcome} />
          </dt>
          <dd>{OUTCOME_TEXT[outcome]}</dd>
        </div>
      ))}
      <div>
        <dt>
          <Mark outcome={undefined} />
        </dt>
        <dd>no scenario came to it</dd>
      </div>
    </dl>
  );
}

/** A box that scrolls sideways when what is in it is too wide, reachable by keyboard; a tall one both ways, its heads staying. */
export function Scroll({
  label,
  tall,
  children,
}: {
  label: string;
  tall?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={tall === true ? 'scroll tall' : 'scroll'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A link from outside, only where it is one that can do no harm. */
export function OutsideLink({ url, children }: { url: string; children: ComponentChildren }): JSX.Element {
  return /^https?:\/\//.test(url) ? (
    <a href={url} rel="noreferrer">
      {children}
    </a>
  ) : (
    <span>
      {children} ({url})
    </span>
  );
}
