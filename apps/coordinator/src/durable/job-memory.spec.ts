import { describe, expect, it } from '@jest/globals';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START } from './checkpoint-file.ts';
import { JobMemory } from './job-memory.ts';

const withDir = async (use: (dir: string) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), 'danube-memory-'));
  await use(dir).finally(() => rm(dir, { recursive: true }));
};
const refuse = (error: unknown): void => {
  throw error as Error;
};

describe('JobMemory', () => {
  it('knows nothing at first', () =>
    withDir(async (dir) => {
      const memory = new JobMemory(dir, refuse);
      expect(memory.log.read()).toEqual([]);
      expect(memory.checkpoints.read()).toEqual({ seq: 0, place: START, sent: [] });
    }));

  it('gives to the next one what it was given, and only to the same user', () =>
    withDir(async (dir) => {
      const memory = new JobMemory(dir, refuse);
      const logged = { at: 1, happening: { type: 'begin' } } as const;
      const checkpoint = { seq: 3, place: { ...START, entry: 2 }, sent: [{ at: 'now' }] };
      memory.log.append(logged);
      memory.checkpoints.write(checkpoint);
      const next = new JobMemory(dir, refuse);
      expect(next.log.read()).toEqual([logged]);
      expect(next.checkpoints.read()).toEqual(checkpoint);
      expect((await stat(join(dir, 'coordinator'))).mode & 0o077).toBe(0);
    }));

  it('takes a line that was cut short for not written', () =>
    withDir(async (dir) => {
      const memory = new JobMemory(dir, refuse);
      memory.log.append({ at: 1, happening: { type: 'begin' } });
      await appendFile(join(dir, 'coordinator', 'happenings.jsonl'), '{"at":2,"happ');
      const next = new JobMemory(dir, refuse);
      expect(next.log.read()).toHaveLength(1);
      next.log.append({ at: 2, happening: { type: 'limit' } });
      expect(next.log.read()).toHaveLength(2);
    }));

  it('tells of the first failure only, and lets the job go on', () =>
    withDir(async (dir) => {
      await appendFile(join(dir, 'coordinator'), 'a file where the directory should be');
      const told: unknown[] = [];
      const memory = new JobMemory(dir, (error) => told.push(error));
      memory.log.append({ at: 1, happening: { type: 'begin' } });
      memory.checkpoints.write({ seq: 0, place: START, sent: [] });
      expect(told).toEqual([expect.objectContaining({ code: 'EEXIST' })]);
    }));
});
