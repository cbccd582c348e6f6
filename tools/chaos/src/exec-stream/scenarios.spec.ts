import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChaosCluster, openCluster } from './clusters.ts';
import { cuts } from './cuts.ts';
import { exits } from './exits.ts';
import { kills } from './kills.ts';
import { lies } from './lies.ts';
import type { Row } from '../report.ts';
import type { Scenario } from './scenario.ts';
import { settled } from './scenario.ts';
import { slowReader } from './slow-reader.ts';
import { stalledReaders } from './stalled-readers.ts';
import { starts } from './starts.ts';

describe('a scenario on the simulator', () => {
  let cluster: ChaosCluster;
  beforeAll(async () => {
    cluster = await openCluster({ on: 'sim', name: 'none' });
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const play = (scenario: Scenario, tries: number): Promise<readonly Row[]> =>
    scenario.run({ cluster, seed: 1, tries, quick: true });
  const found = (rows: readonly Row[]): string[] => rows.flatMap(({ violations }) => violations);

  // The first 15 cuts: each kind at a random byte, and a reset in each phase.
  it.each([
    [cuts, 15],
    [starts, 1],
    [kills, 1],
    [exits, 40],
    [stalledReaders, 1],
    [lies, 200],
  ] as const)('$name finds no violation', async (scenario, tries) => {
    const rows = await play(scenario, tries);
    expect(found(rows)).toEqual([]);
    expect(rows.reduce((sum, row) => sum + row.tries, 0)).toBeGreaterThanOrEqual(tries);
  });

  it('slow-reader measures memory, and reads every byte', async () => {
    const [ours] = await play(slowReader, 24);
    expect(ours?.violations.filter((text) => !text.startsWith('memory'))).toEqual([]);
    expect(ours?.note).toMatch(/^memory \d+\.\d \+ \d+\.\d MiB$/);
  });

  it('calls it a violation when a command cannot be run', async () => {
    const broken = { ...cluster, target: { ...cluster.target, container: 'nobody' } };
    const rows = await exits.run({ cluster: broken, seed: 1, tries: 3, quick: true });
    expect(found(rows)).toHaveLength(3);
  });
});

it('calls a promise that does not settle a violation', async () => {
  expect(await settled(new Promise(() => undefined), 20)).toBe('a promise did not settle within 0.02 s');
  expect(await settled(Promise.resolve(5), 20)).toBe(5);
});
