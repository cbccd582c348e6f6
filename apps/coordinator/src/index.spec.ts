import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as door from './index.ts';

describe('the door of the coordinator', () => {
  it('has these names', () => {
    expect(Object.keys(door).sort()).toEqual(['coordinatorCommand']);
  });

  it('gives a command that runs the program', async () => {
    const [node = '', ...args] = door.coordinatorCommand();
    const run = promisify(execFile)(node, args, { env: {} });
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'danube: The environment of the coordinator is incomplete: DANUBE_POD_NAME is not set\n',
    });
  });
});
