/** The lines at the bottom of the terminal that are drawn anew again and again. Everything above them stays. */
export class LiveRegion {
  readonly #columns: () => number;
  #widths: readonly number[] = [];

  constructor(columns: () => number) {
    this.#columns = columns;
  }

  /** Puts lines in place of those drawn before, below `above`, which stays for good and ends with a line end. */
  redraw(above: string, lines: readonly Painted[]): string {
    const erase = this.#erase();
    const fitting = lines.map(({ text, paint }) => ({ text: fit(text, this.#columns() - 1), paint }));
    this.#widths = fitting.map(({ text }) => widthOf(text));
    return `${erase}${above}${fitting.map(({ text, paint }) => `${paint(text)}\n`).join('')}`;
  }

  /** Moves to the first line that was drawn, counting how often each wraps now: the terminal may have become narrower. */
  #erase(): string {
    const columns = Math.max(this.#columns(), 1);
    const rows = this.#widths.reduce((sum, width) => sum + Math.max(Math.ceil(width / columns), 1), 0);
    this.#widths = [];
    return rows === 0 ? '' : `\x1b[${rows}A\r\x1b[J`;
  }
}

/** A line and the colours to put on it once it has been cut to the width of the terminal. */
export type Painted = { readonly text: string; readonly paint: (text: string) => string };

const fit = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text;
  let width = 1;
  let kept = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
};

/** Columns a text takes at most: what is not from the alphabets of Europe counts as two. */
const widthOf = (text: string): number => {
  let width = 0;
  for (const character of text) width += isNarrow(character.codePointAt(0) ?? 0) ? 1 : 2;
  return width;
};

const isNarrow = (code: number): boolean => code < 0x1100 || (code >= 0x2000 && code < 0x2e80 && !isWideSign(code));

/** Signs that terminals show as pictures of two columns. */
const isWideSign = (code: number): boolean =>
  (code >= 0x231a && code <= 0x23ff) || (code >= 0x2600 && code <= 0x27bf && code !== 0x2713 && code !== 0x2717);
