/** Puts the values of `${name}` into a text and remembers where each character was written. Pure. */

/** A text with its variables filled in. */
export interface FilledText {
  text: string;
  /** Offset in the text as written of a character of `text`; of the whole `${name}` for one of its value. */
  origin: (at: number) => number;
}

interface Piece {
  /** Where the piece begins, filled in and as written. */
  at: number;
  from: number;
  isValue: boolean;
}

/**
 * Fills in variables. `unknown` is called for those without a value, with their offset and length;
 * a zero takes their place, so that what surrounds them can still be read.
 */
export function fillIn(
  written: string,
  variables: Readonly<Record<string, string>>,
  unknown: (name: string, from: number, span: number) => void,
): FilledText {
  const pieces: Piece[] = [{ at: 0, from: 0, isValue: false }];
  let text = '';
  let from = 0;
  for (const match of written.matchAll(/\$\{([^}]*)\}/g)) {
    const [whole, name = ''] = match;
    text += written.slice(from, match.index);
    pieces.push({ at: text.length, from: match.index, isValue: true });
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) unknown(name, match.index, whole.length);
    text += value ?? '0';
    from = match.index + whole.length;
    pieces.push({ at: text.length, from, isValue: false });
  }
  text += written.slice(from);
  return {
    text,
    origin: (at) => {
      const piece = pieces.findLast((one) => one.at <= at) ?? { at: 0, from: 0, isValue: false };
      return piece.isValue ? piece.from : piece.from + at - piece.at;
    },
  };
}
