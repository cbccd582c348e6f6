import { describe, expect, it } from '@jest/globals';
import type { Pod } from '@danube/k8s-client';
import { reason } from '@danube/contract';
import { lossOf } from './worker-loss.ts';

const podWith = (state: object): Pod =>
  ({
    spec: { containers: [{ name: 'worker', resources: { limits: { memory: '64Mi' } } }] },
    status: {
      containerStatuses: [
        { name: 'coordinator', state: { running: {} } },
        { name: 'worker', state },
      ],
    },
  }) as unknown as Pod;

describe('lossOf', () => {
  it('names a lack of memory with its limit', () => {
    expect(lossOf(podWith({ terminated: { reason: 'OOMKilled', exitCode: 137 } }))).toEqual(
      reason('OutOfMemory', 'the worker reached its memory limit of 64Mi and was ended', [
        'worker terminated: OOMKilled, exit code 137',
      ]),
    );
  });

  it('says what is known of another end', () => {
    expect(lossOf(podWith({ terminated: { reason: 'Completed', exitCode: 0 } }))).toEqual(
      reason('StreamLost', 'the worker container ended before its command', [
        'worker terminated: Completed, exit code 0',
      ]),
    );
  });

  it('says nothing while the status does not tell of an end', () => {
    expect(lossOf(podWith({ running: {} }))).toBeUndefined();
    expect(lossOf({})).toBeUndefined();
  });
});
