import { describe, expect, it } from '@jest/globals';
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { failWith, fixture, json, startServer } from '../../test/support/test-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { ConfigCredentials } from './config-credentials.ts';
import { ExecPlugin } from './exec-plugin.ts';

const server = 'https://api.test';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('ConfigCredentials', () => {
  it('gives each user the token of its own file, without the newline', async () => {
    await using dir = await tempDir();
    const config = async (name: string): Promise<ClusterConfig> => {
      await writeFile(join(dir.path, name), `token-${name}\n`);
      return { server, tokenFile: join(dir.path, name) };
    };
    const a = new ConfigCredentials(await config('a'), fakeClock());
    const b = new ConfigCredentials(await config('b'), fakeClock());
    expect((await a.current()).headers).toEqual({ authorization: 'Bearer token-a' });
    expect((await b.current()).headers).toEqual({ authorization: 'Bearer token-b' });
  });

  it('follows the ..data link of a rotated token within a minute, and keeps the TLS material', async () => {
    await using dir = await tempDir();
    const version = async (name: string): Promise<void> => {
      await mkdir(join(dir.path, name));
      await writeFile(join(dir.path, name, 'token'), `token-${name}`);
      await symlink(name, join(dir.path, '..new'));
      await rename(join(dir.path, '..new'), join(dir.path, '..data'));
    };
    await version('1');
    await symlink('..data/token', join(dir.path, 'token'));
    const clock = fakeClock();
    const credentials = new ConfigCredentials({ server, tokenFile: join(dir.path, 'token'), caPem: 'CA' }, clock);
    const first = await credentials.current();
    await version('2');
    clock.advance(59_000);
    expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer token-1' });
    clock.advance(2_000);
    const second = await credentials.current();
    expect(second.headers).toEqual({ authorization: 'Bearer token-2' });
    expect(second.tls).toBe(first.tls);
  });

  it('keeps the last token when the file cannot be read for a while', async () => {
    await using dir = await tempDir();
    const tokenFile = join(dir.path, 'token');
    await writeFile(tokenFile, 'kept');
    const clock = fakeClock();
    const credentials = new ConfigCredentials({ server, tokenFile }, clock);
    await credentials.current();
    await rm(tokenFile);
    clock.advance(120_000);
    expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer kept' });
  });

  it('hands the new CA to calls and WebSockets alike', async () => {
    await using dir = await tempDir();
    const caFile = join(dir.path, 'ca.crt');
    await writeFile(caFile, fixture('ca-a.crt'));
    await using old = await startServer((_request, response) => json(response, {}), {
      tls: { cert: fixture('server-a.crt'), key: fixture('server-a.key') },
    });
    const clock = fakeClock();
    await using client = new KubeClient({ server: old.url, caFile }, { clock });
    await client.version();
    await old.close();
    await using rotated = await startServer((_request, response) => json(response, {}), {
      tls: { cert: fixture('server-b.crt'), key: fixture('server-b.key') },
      port: old.port,
    });
    await writeFile(caFile, fixture('ca-b.crt'));
    clock.advance(61_000);
    await client.version();
    expect(rotated.handshakes()).toBe(1);
    expect((await client.upgradeRequest({ path: '/x' })).tls.ca).toBe(fixture('ca-b.crt').trim());
  });

  it('shows a client certificate', async () => {
    await using tls = await startServer((_request, response) => json(response, {}), {
      tls: {
        cert: fixture('server-a.crt'),
        key: fixture('server-a.key'),
        ca: fixture('ca-a.crt'),
        requestCert: true,
      },
    });
    const config = { server: tls.url, caPem: fixture('ca-a.crt') };
    await using client = new KubeClient({
      ...config,
      clientCertPem: fixture('client.crt'),
      clientKeyPem: fixture('client.key'),
    });
    expect((await client.upgradeRequest({ path: '/x' })).tls).toMatchObject({ cert: fixture('client.crt') });
    await client.version();
    expect(tls.handshakes()).toBe(1);
  });

  it('reads the token again after a 401 and tries once more, but only when it changed', async () => {
    await using dir = await tempDir();
    const tokenFile = join(dir.path, 'token');
    await writeFile(tokenFile, 'old');
    await using api = await startServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer new') json(response, { gitVersion: 'v1' });
      else failWith(response, { code: 401, reason: 'Unauthorized' });
    });
    await using client = new KubeClient({ server: api.url, tokenFile });
    await expect(client.version()).rejects.toMatchObject({ code: 'Unauthorized', attempts: 1 });
    expect(api.seen).toHaveLength(1);
    await writeFile(tokenFile, 'new');
    expect(await client.version()).toEqual({ gitVersion: 'v1' });
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
  });

  it('accepts a plain http server, as kubectl proxy is one', async () => {
    await using api = await startServer((_request, response) => json(response, {}));
    await using client = new KubeClient({ server: api.url });
    expect(await client.version()).toEqual({});
  });

  it.each([
    [{ caPem: 'x', caFile: 'y' }, 'caPem and caFile'],
    [{ token: 'x', tokenFile: 'y' }, 'token and tokenFile'],
    [{ token: 'x', username: 'y' }, 'token and username'],
    [{ caPem: 'x', insecureSkipTlsVerify: true }, 'caPem and insecureSkipTlsVerify'],
    [{ clientCertPem: 'x' }, 'clientKeyPem'],
    [{ password: 'x' }, 'username'],
  ])('refuses %p, which says two things or half of one', (config, want) => {
    expect(() => new KubeClient({ server, ...config })).toThrow(TypeError);
    expect(() => new KubeClient({ server, ...config })).toThrow(want);
  });
});

describe('what a header cannot carry', () => {
  it.each([
    ['token', { token: 'sec\nret' }],
    ['token', { token: '' }],
    ['token', { token: '\n' }],
    ['impersonate.user', { impersonate: { user: 'sec\r\nret: x' } }],
    ['impersonate.uid', { impersonate: { user: 'jo', uid: 'sec\0ret' } }],
    ['impersonate.groups', { impersonate: { user: 'jo', groups: ['ok', 'sec\nret'] } }],
    ['impersonate.extra', { impersonate: { user: 'jo', extra: { scope: ['sec\nret'] } } }],
  ])('is refused by the name of its field: %s', async (field, config) => {
    await using api = await startServer((_request, response) => json(response, {}));
    await using client = new KubeClient({ server: api.url, ...config });
    const error = await client.version().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ConfigInvalid' });
    expect(String(error)).toContain(`${field}: `);
    expect(String(error)).not.toContain('sec');
    expect(api.seen).toEqual([]);
  });
});

it('a token file of two lines is refused by the name of its field', async () => {
  await using dir = await tempDir();
  await using api = await startServer((_request, response) => json(response, {}));
  const tokenFile = join(dir.path, 'token');
  await writeFile(tokenFile, 'sec\nret\n');
  await using client = new KubeClient({ server: api.url, tokenFile });
  const error = await client.version().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ConfigInvalid', message: expect.stringContaining('tokenFile: ') });
  expect(String(error)).not.toContain('sec');
  expect(api.seen).toEqual([]);
});

describe('a credential plugin', () => {
  const plugin = async (dir: string, script: string): Promise<ClusterConfig> => {
    const command = join(dir, 'login');
    await writeFile(command, `#!/bin/sh\necho run >> ${dir}/runs\n${script}\n`);
    await chmod(command, 0o755);
    return { server, exec: { apiVersion: 'client.authentication.k8s.io/v1', command } };
  };
  const answer = (status: object): string =>
    `echo '${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })}'`;
  const runs = async (dir: string): Promise<number> =>
    (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n').length;

  it('runs once for ten calls at the same time', async () => {
    await using dir = await tempDir();
    const credentials = new ConfigCredentials(await plugin(dir.path, answer({ token: 't' })), fakeClock());
    const all = await Promise.all(Array.from({ length: 10 }, () => credentials.current()));
    expect(all.map(({ headers }) => headers['authorization'])).toEqual(Array(10).fill('Bearer t'));
    expect(await runs(dir.path)).toBe(1);
  });

  it('runs again before its credential ends, while the old one is still used', async () => {
    await using dir = await tempDir();
    const clock = fakeClock();
    const expirationTimestamp = new Date(clock.now() + 600_000).toISOString();
    const credentials = new ConfigCredentials(
      await plugin(dir.path, answer({ token: 't', expirationTimestamp })),
      clock,
    );
    await credentials.current();
    clock.advance(500_000);
    await credentials.current();
    expect(await runs(dir.path)).toBe(1);
    clock.advance(50_000);
    expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer t' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await runs(dir.path)).toBe(2);
  });

  it('is told of the cluster when it asks', async () => {
    await using dir = await tempDir();
    const config = await plugin(
      dir.path,
      `printf '%s' "$KUBERNETES_EXEC_INFO" > ${dir.path}/info\n${answer({ token: 't' })}`,
    );
    const exec = { ...config.exec!, provideClusterInfo: true, clusterConfig: { tenant: 'x' } };
    await new ConfigCredentials({ ...config, caPem: 'CA', exec }, fakeClock()).current();
    expect(JSON.parse(await readFile(join(dir.path, 'info'), 'utf8'))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: {
          server,
          'certificate-authority-data': Buffer.from('CA').toString('base64'),
          config: { tenant: 'x' },
        },
      },
    });
  });

  it('is told of the CA that comes from a file, as it is now', async () => {
    await using dir = await tempDir();
    const caFile = join(dir.path, 'ca.crt');
    await writeFile(caFile, 'CA');
    const config = await plugin(
      dir.path,
      `printf '%s' "$KUBERNETES_EXEC_INFO" > ${dir.path}/info\n${answer({ token: 't' })}`,
    );
    const credentials = new ConfigCredentials(
      { ...config, caFile, exec: { ...config.exec!, provideClusterInfo: true } },
      fakeClock(),
    );
    const told = async (): Promise<unknown> => {
      const info = JSON.parse(await readFile(join(dir.path, 'info'), 'utf8')) as { spec: { cluster: object } };
      return info.spec.cluster;
    };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const rejected = await credentials.current();
    expect(await told()).toEqual({ server, 'certificate-authority-data': base64('CA') });
    await writeFile(caFile, 'CA 2');
    await credentials.renew(rejected);
    expect(await told()).toEqual({ server, 'certificate-authority-data': base64('CA 2') });
  });

  it('is killed when it does not end in time', async () => {
    await using dir = await tempDir();
    const { exec } = await plugin(dir.path, `echo $$ > ${dir.path}/pid; exec sleep 60`);
    const hanging = new ExecPlugin(exec!, { clock: fakeClock(), timeoutMs: 500 });
    await expect(hanging.current()).rejects.toMatchObject({ code: 'CredentialFailed' });
    const pid = Number(await readFile(join(dir.path, 'pid'), 'utf8'));
    await until(() => !isAlive(pid));
    // The next call is not held up by the one that hung.
    await expect(hanging.current()).rejects.toThrow('did not end within 500 ms');
    expect(await runs(dir.path)).toBe(2);
  });

  it('that hangs does not hold a call past its time, nor past its signal', async () => {
    await using dir = await tempDir();
    await using client = new KubeClient(
      await plugin(dir.path, `while [ ! -e ${dir.path}/end ]; do sleep 0.02; done\n${answer({ token: 't' })}`),
    );
    await expect(client.version({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'Timeout', sent: false });
    const signal = AbortSignal.timeout(50);
    await expect(client.version({ signal })).rejects.toMatchObject({ code: 'Aborted' });
    await writeFile(join(dir.path, 'end'), '');
    await client.upgradeRequest({ path: '/x' });
    expect(await runs(dir.path)).toBe(1);
  });

  it('runs again after a 401', async () => {
    await using dir = await tempDir();
    await using api = await startServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer 2') json(response, {});
      else failWith(response, { code: 401, reason: 'Unauthorized' });
    });
    const script = `n=$(wc -l < ${dir.path}/runs); ${answer({ token: 'N' })
      .replace("'", '"')
      .replace(/'$/, '"')
      .replaceAll(/"(?!$)/g, '\\"')
      .replace('\\"', '"')
      .replace('N', '$((n))')}`;
    await using client = new KubeClient({ ...(await plugin(dir.path, script)), server: api.url });
    await client.version();
    expect(await runs(dir.path)).toBe(2);
  });

  it.each([
    ['fails', 'echo secret >&2; exit 3', 'exited with 3'],
    ['writes no JSON', 'echo secret', 'not JSON'],
    ['hands out nothing', answer({}), 'neither a token nor a certificate'],
    ['answers in another version', answer({ token: 't' }).replace('/v1', '/v1beta1'), 'did not answer in'],
  ])('that %s is named, and nothing of its output', async (_name, script, want) => {
    await using dir = await tempDir();
    const error = await new ConfigCredentials(await plugin(dir.path, script), fakeClock())
      .current()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CredentialFailed' });
    expect(String(error)).toContain(want);
    expect(String(error)).not.toContain('secret');
  });

  it('that ends its token with a newline gets it cut off, as a token file does', async () => {
    await using dir = await tempDir();
    const credentials = new ConfigCredentials(await plugin(dir.path, answer({ token: 't\\n' })), fakeClock());
    expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer t' });
  });

  it('that hands out a token of two lines is named before anything is sent', async () => {
    await using dir = await tempDir();
    await using api = await startServer((_request, response) => json(response, {}));
    const config = await plugin(dir.path, answer({ token: 'sec\\nret' }));
    await using client = new KubeClient({ ...config, server: api.url });
    const error = await client.version().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ConfigInvalid', message: expect.stringContaining('exec: ') });
    expect(String(error)).not.toContain('sec');
    expect(api.seen).toEqual([]);
  });

  it('that hangs after a 401 does not hold the call past its time', async () => {
    await using dir = await tempDir();
    await using api = await startServer((_request, response) =>
      failWith(response, { code: 401, reason: 'Unauthorized' }),
    );
    const hangs = `[ $(wc -l < ${dir.path}/runs) = 1 ] || while [ ! -e ${dir.path}/end ]; do sleep 0.02; done`;
    const config = await plugin(dir.path, `${hangs}\n${answer({ token: 't' })}`);
    await using client = new KubeClient({ ...config, server: api.url });
    await client.version({ timeoutMs: 300 }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'Timeout', attempts: 1 });
    });
    await writeFile(join(dir.path, 'end'), '');
    await until(() => api.seen.length === 1);
    expect(api.seen).toHaveLength(1);
  });

  it('that does not exist is named with the hint of its installer', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/login', installHint: 'get it' };
    const credentials = new ConfigCredentials({ server, exec }, fakeClock());
    await expect(credentials.current()).rejects.toMatchObject({ code: 'CredentialFailed', hint: 'get it' });
  });
});
