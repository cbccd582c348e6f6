import { describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../../test/support/temp-dir.ts';
import { loadConfig } from './load-config.ts';

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig of one context named `name`; cluster and user have that name too. */
const kubeconfig = (name: string, { cluster = '', user = '', context = '' } = {}): string => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters:
- name: ${name}
  cluster: { server: 'https://${name}.test:6443'${cluster} }
users:
- name: ${name}
  user: { ${user} }
contexts:
- name: ${name}
  context: { cluster: ${name}, user: ${name}${context} }
`;

const write = async (dir: string, name: string, text: string): Promise<string> => {
  const path = join(dir, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
};

describe('loadConfig', () => {
  it('reads a context with everything it names', async () => {
    await using dir = await tempDir();
    const path = await write(
      dir.path,
      'config',
      kubeconfig('a', {
        cluster: `, certificate-authority-data: ${base64(pem)}, tls-server-name: api.test, proxy-url: 'http://proxy:3128'`,
        user: `client-certificate-data: ${base64(pem)}, client-key: keys/k.pem`,
        context: ', namespace: ci',
      }),
    );
    expect(await loadConfig({ kubeconfig: path })).toEqual({
      source: 'context "a"',
      server: 'https://a.test:6443',
      namespace: 'ci',
      caPem: pem,
      tlsServerName: 'api.test',
      proxyUrl: 'http://proxy:3128',
      clientCertPem: pem,
      clientKeyFile: join(dir.path, 'keys/k.pem'),
    });
  });

  it('reads tokenFile, which client-node looks for under another name', async () => {
    await using dir = await tempDir();
    const path = await write(dir.path, 'config', kubeconfig('a', { user: 'tokenFile: token' }));
    expect(await loadConfig({ kubeconfig: path })).toMatchObject({ tokenFile: join(dir.path, 'token') });
  });

  it('keeps groups, uid and extra of an impersonated user', async () => {
    await using dir = await tempDir();
    const user = 'token: t, as: jo, as-uid: "7", as-groups: [a, b], as-user-extra: { scope: [x] }';
    const path = await write(dir.path, 'config', kubeconfig('a', { user }));
    expect(await loadConfig({ kubeconfig: path })).toMatchObject({
      impersonate: { user: 'jo', uid: '7', groups: ['a', 'b'], extra: { scope: ['x'] } },
    });
  });

  it('resolves the command of a plugin against the file it stands in, unless it is searched on PATH', async () => {
    await using dir = await tempDir();
    const exec = (command: string) => `exec: { apiVersion: client.authentication.k8s.io/v1, command: ${command} }`;
    const path = await write(dir.path, 'sub/config', kubeconfig('a', { user: exec('./bin/login') }));
    expect(await loadConfig({ kubeconfig: path })).toMatchObject({
      exec: { command: join(dir.path, 'sub/bin/login') },
    });
    await write(dir.path, 'sub/config', kubeconfig('a', { user: exec('login') }));
    expect(await loadConfig({ kubeconfig: path })).toMatchObject({ exec: { command: 'login' } });
  });

  it('merges several files: the first of a name wins, and a missing file is passed over', async () => {
    await using dir = await tempDir();
    const one = await write(dir.path, 'one', kubeconfig('a', { user: 'token: first' }));
    const two = await write(dir.path, 'two', kubeconfig('a', { user: 'token: second' }) + kubeconfig('b').slice(0, 0));
    const three = await write(dir.path, 'three', kubeconfig('b', { user: 'token: third' }));
    const env = { KUBECONFIG: [join(dir.path, 'missing'), one, two, three].join(':') };
    expect(await loadConfig({ env })).toMatchObject({ server: 'https://a.test:6443', token: 'first' });
    expect(await loadConfig({ env, context: 'b' })).toMatchObject({ token: 'third' });
  });

  it('prefers the service account of the pod to ~/.kube/config, and KUBECONFIG to both', async () => {
    await using dir = await tempDir();
    await write(dir.path, '.kube/config', kubeconfig('home'));
    const env = { HOME: dir.path };
    expect(await loadConfig({ env })).toMatchObject({ server: 'https://home.test:6443' });
    const set = await write(dir.path, 'set', kubeconfig('set'));
    expect(await loadConfig({ env: { ...env, KUBECONFIG: set } })).toMatchObject({ server: 'https://set.test:6443' });
  });

  it('never falls back to a default server', async () => {
    await using dir = await tempDir();
    await expect(loadConfig({ env: { HOME: dir.path } })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      hint: 'set KUBECONFIG to a kubeconfig file',
    });
  });

  it.each([
    ['a missing file', undefined, 'cannot read the kubeconfig'],
    ['no YAML', 'a: [b', 'is not valid YAML (line'],
    ['an empty file', '', 'is empty or not a mapping'],
    ['no context', kubeconfig('a').replace('current-context: a', ''), 'no context is chosen'],
    ['an unknown cluster', kubeconfig('a').replace('cluster: a,', 'cluster: b,'), 'there is no cluster "b"'],
    ['an unknown user', kubeconfig('a').replace('user: a }', 'user: b }'), 'there is no user "b"'],
    [
      'broken CA data',
      kubeconfig('a', { cluster: ', certificate-authority-data: "!!"' }),
      'certificate-authority-data',
    ],
    ['a list that is none', 'clusters: 3', 'clusters: expected a list'],
    ['a removed auth provider', kubeconfig('a', { user: 'auth-provider: { name: gcp }' }), 'uses auth-provider'],
    ['a plugin without command', kubeconfig('a', { user: 'exec: { apiVersion: v1 }' }), 'exec.command is missing'],
    ['groups without a user', kubeconfig('a', { user: 'as-groups: [x]' }), 'need "as"'],
  ])('says what is wrong with %s', async (_name, text, want) => {
    await using dir = await tempDir();
    const path = text === undefined ? join(dir.path, 'none') : await write(dir.path, 'config', text);
    const error = await loadConfig({ kubeconfig: path }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ConfigInvalid' });
    expect((error as Error).message).toContain(want);
  });

  it('does not quote a line of a broken file, which may hold a token', async () => {
    await using dir = await tempDir();
    const path = await write(dir.path, 'config', 'token: secret-token\n  bad: [');
    const error = await loadConfig({ kubeconfig: path }).catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain('secret-token');
  });
});
