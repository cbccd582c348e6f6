import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLabelValue } from '../validate/names.ts';
import { fromLabelValue, toLabelValue } from './label-value.ts';

describe('toLabelValue', () => {
  it.each([
    ['hello', 'hello'],
    ['Team_a.b-1', 'Team_a.b-1'],
    ['my pipeline', 'x.my_20pipeline.x'],
    ['a/b', 'x.a_2fb.x'],
    ['ü', 'x._c3_bc.x'],
    ['', 'x..x'],
    ['x.y.x', 'x.x_2ey_2ex.x'],
  ])('writes %j as %s', (text, label) => {
    expect(toLabelValue(text)).toBe(label);
  });

  it('gives every text a label of its own, from which it can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        fc.pre(text.isWellFormed());
        const label = toLabelValue(text);
        expect(fromLabelValue(label)).toBe(text);
        expect(label.length > 63 || isLabelValue(label)).toBe(true);
      }),
    );
  });
});
