import { isLabelValue } from '../validate/names.ts';

const prefix = 'x.';
const suffix = '.x';

/**
 * A text as a label value, reversibly: legal values stay as they are, others become `x.….x` with every other byte as
 * `_hh`. The result is too long for a label when the text is; validation says so.
 */
export const toLabelValue = (text: string): string => {
  const looksEncoded = text.startsWith(prefix) && text.endsWith(suffix);
  if (isLabelValue(text) && text !== '' && !looksEncoded) return text;
  const encoded = [...Buffer.from(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9-]/.test(char) ? char : `_${byte.toString(16).padStart(2, '0')}`;
  });
  return `${prefix}${encoded.join('')}${suffix}`;
};

/** The text that {@link toLabelValue} encoded. */
export const fromLabelValue = (label: string): string => {
  if (!(label.startsWith(prefix) && label.endsWith(suffix)) || label.length < prefix.length + suffix.length) {
    return label;
  }
  const bytes = label
    .slice(prefix.length, -suffix.length)
    .replaceAll(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
};
