/** What a terminal of a given width shows, scrolled-off lines included, after the sequences that the live view uses. */
export class FakeTerminal {
  readonly lines: string[] = [''];
  cursorHidden = false;
  #row = 0;
  readonly #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): void {
    for (const token of text.match(/\x1b\[[0-?]*[@-~]|[^\x1b]/gu) ?? []) this.#take(token);
  }

  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join('\n');
  }

  #take(token: string): void {
    if (token === '\n') this.#down();
    else if (token === '\r') return;
    else if (token.endsWith('A')) this.#row -= Number(token.slice(2, -1));
    else if (token === '\x1b[J') this.lines.splice(this.#row, Infinity, '');
    else if (token === '\x1b[?25l' || token === '\x1b[?25h') this.cursorHidden = token.endsWith('l');
    else if (token.startsWith('\x1b')) {
      if (!token.endsWith('m')) throw new TypeError(`unexpected sequence ${JSON.stringify(token)}`);
    } else {
      if ((this.lines[this.#row] ?? '').length >= this.#columns) this.#down();
      this.lines[this.#row] = (this.lines[this.#row] ?? '') + token;
    }
  }

  #down(): void {
    this.#row += 1;
    if (this.#row === this.lines.length) this.lines.push('');
  }
}
