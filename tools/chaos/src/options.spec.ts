import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';
import { seededRandom } from './random.ts';

describe('the command line of chaos', () => {
  it('has its defaults', () => {
    expect(parseOptions(['exec-stream', '--seed', '7'])).toMatchObject({
      what: 'exec-stream',
      on: 'sim',
      seed: 7,
      tries: undefined,
      quick: false,
      help: false,
    });
    expect(parseOptions(['jobs', '--cluster', 'mine'])).toMatchObject({ what: 'jobs', cluster: 'mine' });
    expect(parseOptions(['jobs', '--on', 'real', '--only', 'kill'])).toMatchObject({ on: 'real', only: 'kill' });
    expect(parseOptions(['exec-stream', '--quick', '--scenario', 'cuts', '--tries', '70'])).toMatchObject({
      quick: true,
      scenario: 'cuts',
      tries: 70,
    });
  });

  it.each([
    [[]],
    [['jobs-x']],
    [['exec-stream', '--on', 'moon']],
    [['exec-stream', '--seed', 'x']],
    [['exec-stream', '--no']],
  ])('refuses %j', (argv) => {
    expect(() => parseOptions(argv)).toThrow(/expected|Unknown/);
  });
});

it('draws the same numbers for the same seed', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return [random(), random(), random()];
  };
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});
