import { describe, expect, it } from '@jest/globals';
import * as door from './index.ts';

describe('the door', () => {
  it('lets out these names and no other', () => {
    expect(Object.keys(door).sort()).toEqual([
      'ApiServerError',
      'VERSION',
      'apiServerErrors',
      'httpErrors',
      'jsonLogger',
      'silentLogger',
      'startApiServer',
    ]);
  });
});
