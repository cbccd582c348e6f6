/**
 * Checks selectors before they are sent: a typing error would otherwise be a 400 of a list, or worse, a selector that
 * means something else. The grammars are apimachinery's `labels.Parse` and `fields.ParseSelector`.
 */

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

const isKey = (key: string): boolean => {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  return (
    more.length === 0 && NAME.test(name) && (prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix)))
  );
};

const isValue = (value: string): boolean => value === '' || NAME.test(value);

const isLabelRequirement = (text: string): boolean => {
  const set = /^(\S+)\s+(?:not)?in\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', values = ''] = set;
    return isKey(key) && values.split(',').every((value) => isValue(value.trim()));
  }
  const comparison = /^([^\s=!<>]+)\s*(==|=|!=|<|>)\s*(\S*)$/.exec(text);
  if (comparison === null) return isKey(text.replace(/^!\s*/, ''));
  const [, key = '', operator, value = ''] = comparison;
  return isKey(key) && (operator === '<' || operator === '>' ? /^-?\d+$/.test(value) : isValue(value));
};

// A comma inside of "in (a,b)" separates values, not requirements.
const requirements = (selector: string): string[] => selector.split(/,(?![^(]*\))/).map((part) => part.trim());

// Commas and equal signs of a value are escaped by a backslash.
const isFieldTerm = (text: string): boolean => /^[A-Za-z0-9_.[\]/-]+(?:==|=|!=)(?:[^\\=,]|\\[\\=,])*$/.test(text);

const fieldTerms = (selector: string): string[] => selector.split(/(?<!\\)(?:\\\\)*,/);

/** A value in a field selector: what has a meaning there is escaped. */
export const escapeField = (value: string): string => value.replace(/[\\=,]/g, '\\$&');

/** What selects objects. */
export type Selectors = {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
};

/** Refuses selectors that are none. An empty text selects everything. @throws TypeError naming the field */
export const checkSelectors = ({ labelSelector, fieldSelector }: Selectors): void => {
  check('labelSelector', labelSelector, (text) => requirements(text).find((part) => !isLabelRequirement(part)));
  check('fieldSelector', fieldSelector, (text) => fieldTerms(text).find((part) => !isFieldTerm(part)));
};

const check = (field: string, text: unknown, wrongPart: (text: string) => string | undefined): void => {
  if (text === undefined || text === '') return;
  if (typeof text !== 'string') throw new TypeError(`${field}: expected a text, got ${typeof text}`);
  const wrong = wrongPart(text);
  if (wrong !== undefined) {
    const what = field === 'labelSelector' ? '"key=value", "key in (a,b)", "key" or "!key"' : '"field=value"';
    throw new TypeError(`${field}: expected ${what}, got ${JSON.stringify(wrong)}`);
  }
};
