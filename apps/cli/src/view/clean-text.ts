/** Sequences that begin with ESC: CSI, OSC, the string commands (DCS, SOS, PM, APC), and the short ones. */
const sequence =
  /\x1b\[[0-?]*[ -/]*[@-~]?|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b[ -/]*[0-Z\\`-~]?/g;
const colour = /^\x1b\[[0-9;:]*m$/;
/** Control characters other than tab and ESC, and the 8-bit controls, among which is a one-character CSI. */
const control = /[\0-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/g;

/**
 * A line of a step's output that no terminal can be upset by: sequences that move the cursor, set titles, switch
 * screens or answer questions are taken out, other control characters become visible signs. Colours stay when
 * `colours` is set, and end with the line. What stands before a carriage return is left out, as a terminal overwrites it.
 */
export const cleanText = (line: string, colours: boolean): string => {
  const text = overwritten(line);
  if (!/[\0-\x08\x0a-\x1f\x7f-\x9f]/.test(text)) return text;
  const kept = text
    .replace(sequence, (found) => (colours && colour.test(found) ? found : ''))
    .replace(control, visible);
  return kept.includes('\x1b') ? `${kept}\x1b[0m` : kept;
};

const overwritten = (line: string): string => {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
};

/** The sign that Unicode has for a control character; the 8-bit ones have none. */
const visible = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
};
