import { describe, expect, it } from '@jest/globals';
import { ClusterError } from './errors.ts';
import * as door from './index.ts';
import { poll } from './poll.ts';
import { progressTo } from './progress.ts';

it('has these exports', () => {
  expect(Object.keys(door).sort()).toEqual([
    'ClusterError',
    'buildDistribution',
    'cgroupProcesses',
    'cgroupRootOf',
    'chooseEngine',
    'clusterStatus',
    'down',
    'hierarchies',
    'kernelSettings',
    'loadImage',
    'restartComponent',
    'settingsOf',
    'up',
    'which',
  ]);
});

describe('ClusterError', () => {
  it('says what, why, and what to do, on one line', () => {
    const error = new ClusterError('NotRunning', '"x" has not been started.');
    expect(error.message).toBe(
      'There is no running cluster of this name: "x" has not been started. Start it: `npm run cluster -- up`.',
    );
    expect(error).toMatchObject({ code: 'NotRunning', exitCode: 3, name: 'ClusterError' });
  });
});

describe('poll', () => {
  it('gives the first answer, or undefined when it is too late or of no use any more', async () => {
    let asked = 0;
    const third = async () => ((asked += 1) === 3 ? 'yes' : undefined);
    expect(await poll(third, { timeoutMs: 1000, everyMs: 1 })).toBe('yes');
    const never = async () => undefined;
    expect(await poll<string>(never, { timeoutMs: 5, everyMs: 1 })).toBeUndefined();
    expect(await poll<string>(never, { timeoutMs: 60_000, until: () => true })).toBeUndefined();
  });
});

describe('progressTo', () => {
  it('writes each line with the seconds since the start', () => {
    const written: string[] = [];
    let nowMs = 1000;
    const progress = progressTo({ write: (line) => written.push(line) }, () => nowMs);
    nowMs = 13_345;
    progress('started');
    expect(written).toEqual(['  12.3 s  started\n']);
  });
});
