/**
 * A piece of POSIX shell in a template: raw, but for `\${`, which is how a template writes `${`.
 * Comments and indentation are left out of what is sent.
 */
export function sh(template: TemplateStringsArray): string {
  return template.raw
    .join('')
    .replaceAll('\\${', '${')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
}

/** One shell word with exactly this value. @throws TypeError for what a shell cannot hold */
export function quote(value: string): string {
  if (value.includes('\0')) throw new TypeError('expected a text without NUL for the shell, got one with NUL');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * Makes one compound command of a program. A shell that reads it from stdin runs nothing until it has read all of it, so a
 * connection that breaks in the middle starts nothing, and no end of file is needed (which v4 could not send).
 */
export const atomicProgram = (...parts: readonly string[]): string => `{\n${parts.join('\n')}\nexit 0\n}\n`;
