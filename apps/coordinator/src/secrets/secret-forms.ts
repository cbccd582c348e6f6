/** Forms of fewer bytes are not looked for: they would hide what is no secret. */
const MIN_FORM_BYTES = 6;
/** Line lengths at which `base64`, and `openssl` or PEM, break their output. */
const BASE64_LINES = [76, 64];

/**
 * All forms of a secret that are looked for in output: as it is, each of its lines, and what it becomes in base64
 * (at any place in a longer text, also in lines), in a URL or a form, in JSON, and quoted for a shell.
 */
export const secretForms = (value: string): Buffer[] => {
  const plain = value.replace(/[\r\n]+$/, '');
  const texts = new Set([plain, ...linesOf(plain)].flatMap((text) => [text, ...urlForms(text), ...jsonForms(text)]));
  for (const whole of new Set([plain, `${plain}\n`, value])) for (const form of base64Forms(whole)) texts.add(form);
  texts.add(plain.replaceAll("'", `'\\''`));
  return Array.from(texts, (text) => Buffer.from(text)).filter(({ length }) => length >= MIN_FORM_BYTES);
};

const linesOf = (text: string): string[] => text.split(/[\r\n]+/).map((line) => line.trim());

const urlForms = (text: string): string[] => {
  const component = encodeURIComponent(text);
  const strict = component.replaceAll(/[!'()*]/g, (character) => `%${hex(character, 2).toUpperCase()}`);
  // What a form sends: `*` stays, `~` does not, and a blank is a plus.
  const inForm = new URLSearchParams({ '': text }).toString().slice(1);
  const forms = [
    component,
    strict,
    inForm,
    strict.replaceAll('%2F', '/'),
    strict.replaceAll('%20', '+'),
    encodeURI(text),
  ];
  return forms.flatMap((form) => [form, form.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
};

const jsonForms = (text: string): string[] => {
  const inJson = (inner: string): string => JSON.stringify(inner).slice(1, -1);
  const form = inJson(text);
  const ascii = form.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${hex(unit, 4)}`);
  // As Go and PHP write it by default.
  const safe = form.replaceAll(/[<>&]/g, (character) => `\\u${hex(character, 4)}`);
  return [form, inJson(form), ascii, upperEscapes(ascii), safe, upperEscapes(safe), form.replaceAll('/', '\\/')];
};

const upperEscapes = (text: string): string =>
  text.replaceAll(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`);

const hex = (character: string, digits: number): string => character.charCodeAt(0).toString(16).padStart(digits, '0');

const base64Forms = (text: string): string[] => {
  const whole = Buffer.from(text).toString('base64');
  const lines = BASE64_LINES.filter((length) => whole.length > length).flatMap(
    (length) => whole.match(new RegExp(`.{1,${length}}`, 'g')) ?? [],
  );
  const forms = [
    whole,
    whole.replace(/=+$/, ''),
    ...lines,
    ...[0, 1, 2].map((before) => base64Core(Buffer.from(text), before)),
  ];
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
};

/** The characters that depend on these bytes alone when `before` bytes (modulo 3) of something else come before them. */
const base64Core = (bytes: Buffer, before: number): string => {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  const firstOwn = Math.ceil((before * 8) / 6);
  const lastOwn = Math.floor((all.length * 8) / 6);
  return all.toString('base64').slice(firstOwn, lastOwn);
};
