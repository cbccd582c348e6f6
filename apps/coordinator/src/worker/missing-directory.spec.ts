import { describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingDirectory } from './missing-directory.ts';

const look = async (workingDir: (workspace: string) => string, startedBefore = false) => {
  const dir = await mkdtemp(join(tmpdir(), 'danube-missing-'));
  try {
    const workspace = join(dir, 'workspace');
    await mkdir(join(workspace, 'there'), { recursive: true });
    if (startedBefore) await mkdir(join(dir, 'step-0-1'));
    const run = { id: 'step-0-1', name: 'build', run: 'true', env: {}, workingDir: workingDir(workspace) };
    return (await missingDirectory(run, { workspace, control: dir }))?.message;
  } finally {
    await rm(dir, { recursive: true });
  }
};

describe('missingDirectory', () => {
  it('finds nothing wrong with a directory that is there', async () => {
    expect(await look((workspace) => workspace)).toBeUndefined();
    expect(await look((workspace) => join(workspace, 'there'))).toBeUndefined();
  });

  it('names one that is not', async () => {
    expect(await look((workspace) => join(workspace, 'there/not'))).toBe(
      'step "build": there is no directory there/not in the workspace',
    );
  });

  it('leaves to the worker what is not in the workspace', async () => {
    expect(await look(() => '/opt/only/in/the/image')).toBeUndefined();
    expect(await look((workspace) => `${workspace}-other`)).toBeUndefined();
  });

  it('does not blame a run that was started before: it may have removed the directory itself', async () => {
    expect(await look((workspace) => join(workspace, 'not'), true)).toBeUndefined();
  });
});
