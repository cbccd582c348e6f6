import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../../test/support/temp-dir.ts';
import { inClusterConfig } from './in-cluster.ts';

const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('inClusterConfig', () => {
  it('names the mounted files and the trimmed namespace', async () => {
    await using dir = await tempDir();
    for (const [name, text] of [
      ['token', 't'],
      ['ca.crt', 'c'],
      ['namespace', 'ns1\n'],
    ] as const) {
      await writeFile(join(dir.path, name), text);
    }
    expect(await inClusterConfig({ dir: dir.path, env })).toEqual({
      server: 'https://10.0.0.1:443',
      tokenFile: join(dir.path, 'token'),
      caFile: join(dir.path, 'ca.crt'),
      namespace: 'ns1',
      source: 'in-cluster',
    });
  });

  it('puts an IPv6 address in brackets', async () => {
    await using dir = await tempDir();
    for (const name of ['token', 'ca.crt']) await writeFile(join(dir.path, name), 'x');
    const config = await inClusterConfig({ dir: dir.path, env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' } });
    expect(config.server).toBe('https://[fd00::1]:443');
  });

  it.each([
    ['no host', {}, 'KUBERNETES_SERVICE_HOST is not set'],
    ['no port', { KUBERNETES_SERVICE_HOST: 'x' }, 'KUBERNETES_SERVICE_PORT is not set'],
    ['a port that is none', { ...env, KUBERNETES_SERVICE_PORT: 'tcp://x' }, 'expected a port number'],
    ['no token', env, 'token'],
  ])('says so when there is %s', async (_name, environment, want) => {
    await using dir = await tempDir();
    await expect(inClusterConfig({ dir: dir.path, env: environment })).rejects.toThrow(want);
  });
});
