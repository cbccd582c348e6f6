import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { report } from './report.ts';

describe('the report', () => {
  const said: string[] = [];
  const spy = jest.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text));
  afterEach(() => void said.splice(0));

  const good = { name: 'good', tries: 3, violations: [], seconds: 2, note: '4 jobs' };
  const bad = { name: 'a bad one', tries: 5, violations: ['it ran twice'] };
  const headline = { what: 'jobs', on: 'sim', seed: 7, json: false };

  it('is a table with a sum, and exit code 1 with a violation', () => {
    expect(report([good, bad], headline)).toBe(1);
    expect(said.map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      'tries violations seconds',
      'good 3 0 2 4 jobs',
      'a bad one 5 1',
      'it ran twice',
      'sum 8 1',
    ]);
    expect(report([good], headline)).toBe(0);
  });

  it('is one object per row when asked, which can be added up', () => {
    expect(report([bad], { ...headline, json: true })).toBe(1);
    expect(said.map((line) => JSON.parse(line) as unknown)).toEqual([{ what: 'jobs', on: 'sim', seed: 7, ...bad }]);
    expect(spy).toHaveBeenCalled();
  });
});
