/**
 * The defects of `@kubernetes/client-node` in configuration and credentials, each shown on it and on this client with the
 * same kubeconfig and the same server. A case whose `theirs` no longer holds is a defect that they have mended.
 * Only the order of C10 is not shown (a pod's service account before `~/.kube/config`): its path is fixed in client-node.
 */
import { describe, expect, it } from '@jest/globals';
import { CoreV1Api, Exec, KubeConfig } from '@kubernetes/client-node';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { inClusterConfig, KubeClient, loadConfig } from '../src/index.ts';
import { fakeClock } from './support/fake-clock.ts';
import { tempDir } from './support/temp-dir.ts';
import { failWith, fixture, fixturePath, json, startServer, type TestServer } from './support/test-server.ts';
import { until } from './support/until.ts';

type Outcome = { readonly theirs: unknown; readonly ours: unknown };
type Defect = { readonly id: string; readonly does: string; readonly show: () => Promise<Outcome> } & Outcome;

const tls = { cert: fixture('server-a.crt'), key: fixture('server-a.key') };

/** A server of one empty list; with `accepts`, only for requests that bring one of these tokens. */
const startApi = (accepts?: readonly string[], options: Parameters<typeof startServer>[1] = { tls }) =>
  startServer(({ headers }, response) => {
    const isKnown = accepts === undefined || accepts.includes(headers.authorization ?? '');
    if (isKnown) json(response, { kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [] });
    else failWith(response, { code: 401, reason: 'Unauthorized' });
  }, options);

type Made = { readonly file: string; readonly theirs: KubeConfig; readonly ours: () => Promise<KubeClient> };

/** One kubeconfig file for both. Of several users, each has a context of its name. */
const kubeconfig = async (
  dir: string,
  server: string,
  users: Readonly<Record<string, object>> = { u: { token: 't' } },
): Promise<Made> => {
  const file = join(dir, 'config');
  const cluster = {
    server,
    ...(server.startsWith('https') ? { 'certificate-authority': fixturePath('ca-a.crt') } : {}),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': Object.keys(users)[0],
    clusters: [{ name: 'c', cluster }],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: Object.keys(users).map((name) => ({ name, context: { cluster: 'c', user: name } })),
  };
  await writeFile(file, JSON.stringify(config));
  const theirs = new KubeConfig();
  theirs.loadFromFile(file);
  return { file, theirs, ours: async () => new KubeClient(await loadConfig({ kubeconfig: file }), { env: {} }) };
};

const listTheirs = (config: KubeConfig): Promise<unknown> => config.makeApiClient(CoreV1Api).listNamespace();

const listOurs = async ({ ours }: Made): Promise<void> => {
  await using client = await ours();
  await client.namespaces().list();
};

/** What became of it, in one text. */
const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'works';
  } catch (error) {
    const { code, message } = error as { readonly code?: string | number; readonly message: string };
    return code === undefined ? message : String(code);
  }
};

const authorizations = ({ seen }: TestServer): unknown[] => seen.splice(0).map(({ headers }) => headers.authorization);

const withEnv = async <T>(env: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> => {
  const before = process.env;
  process.env = { PATH: before['PATH'], ...env };
  try {
    return await work();
  } finally {
    process.env = before;
  }
};

/** A credential plugin; `runs` is a file with a line for each time it was started. */
const plugin = async (dir: string, script: string, name = 'login') => {
  const command = join(dir, name);
  await writeFile(command, `#!/bin/sh\necho run >> ${dir}/runs\n${script}\n`);
  await chmod(command, 0o755);
  const runs = async (): Promise<number> => {
    const lines = (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1;
    await writeFile(join(dir, 'runs'), '');
    return lines;
  };
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command }, runs };
};
const credential = (token: string, more: object = {}): string => {
  const status = { token: 'TOKEN', ...more };
  const text = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
  return `echo '${text}' | sed "s/TOKEN/${token}/"`;
};

/** Sends one request with the options of a WebSocket; its status, or the code of its failure. */
const dial = (options: RequestOptions): Promise<string> =>
  outcomeOf(
    new Promise((resolve, reject) => {
      const request = httpsRequest({ host: '127.0.0.1', ...options }, (response) => resolve(response.resume()));
      request.once('error', reject).end();
    }),
  );

const defects: readonly Defect[] = [
  {
    id: 'C1',
    does: 'opens a TLS connection for each request',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const { theirs, ours } = await kubeconfig(dir.path, api.url);
      for (let i = 0; i < 10; i += 1) await listTheirs(theirs);
      const handshakes = api.handshakes();
      await using client = await ours();
      for (let i = 0; i < 10; i += 1) await client.namespaces().list();
      const opened = api.handshakes() - handshakes;
      // A second one at most: the first may still be taking in its last answer when the next call comes.
      return { theirs: handshakes, ours: opened <= 2 ? 'at most 2' : opened };
    },
    theirs: 10,
    ours: 'at most 2',
  },
  {
    id: 'C2',
    does: 'dials WebSockets with the CA of the first time for ever',
    show: async () => {
      await using dir = await tempDir();
      const ca = join(dir.path, 'ca.crt');
      await writeFile(ca, fixture('ca-a.crt'));
      const clock = fakeClock();
      await using old = await startApi();
      const { theirs } = await kubeconfig(dir.path, old.url);
      theirs.clusters = [{ name: 'c', server: old.url, caFile: ca, skipTLSVerify: false }];
      const client = new KubeClient({ server: old.url, caFile: ca }, { clock });
      const dialTheirs = async (): Promise<string> => {
        const options: RequestOptions = { port: old.port };
        await theirs.applyToHTTPSOptions(options);
        return dial(options);
      };
      const dialOurs = async (): Promise<string> => {
        const { tls: material } = await client.upgradeRequest({ path: '/' });
        return dial({ port: old.port, ...material, agent: false });
      };
      const before = [await dialTheirs(), await dialOurs()];
      await old.close();
      await using rotated = await startApi(undefined, {
        tls: { cert: fixture('server-b.crt'), key: fixture('server-b.key') },
        port: old.port,
      });
      await writeFile(ca, fixture('ca-b.crt'));
      clock.advance(61_000);
      const after = [await dialTheirs(), await dialOurs()];
      await rotated.close();
      return { theirs: [before[0], after[0]], ours: [before[1], after[1]] };
    },
    theirs: ['works', expect.stringMatching(/SIGNATURE|UNABLE|CERT/)],
    ours: ['works', 'works'],
  },
  {
    id: 'C3',
    does: 'stops the event loop while it reads files',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      // A pipe is a volume that answers after a while.
      const slow = join(dir.path, 'ca.crt');
      spawnSync('mkfifo', [slow]);
      const longestGap = async (work: () => Promise<unknown>): Promise<boolean> => {
        const writer = spawn('sh', ['-c', `exec 3>${slow}; sleep 0.3; cat ${fixturePath('ca-a.crt')} >&3`]);
        let longestMs = 0;
        let lastMs = performance.now();
        const tick = (): void => {
          longestMs = Math.max(longestMs, performance.now() - lastMs);
          lastMs = performance.now();
        };
        const timer = setInterval(tick, 5);
        await work();
        tick();
        clearInterval(timer);
        if (writer.exitCode === null) await new Promise((resolve) => writer.once('exit', resolve));
        return longestMs >= 290;
      };
      const { theirs } = await kubeconfig(dir.path, api.url);
      theirs.clusters = [{ name: 'c', server: api.url, caFile: slow, skipTLSVerify: false }];
      await using client = new KubeClient({ server: api.url, caFile: slow });
      return { theirs: await longestGap(() => listTheirs(theirs)), ours: await longestGap(() => client.version()) };
    },
    theirs: true,
    ours: false,
  },
  {
    id: 'C4',
    does: 'sends the token of one user for another',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const files = { a: join(dir.path, 'a'), b: join(dir.path, 'b') };
      await writeFile(files.a, 'A');
      await writeFile(files.b, 'B');
      const { theirs, file } = await kubeconfig(dir.path, api.url, {
        a: { tokenFile: files.a },
        b: { tokenFile: files.b },
      });
      theirs.users = Object.entries(files).map(([name, tokenFile]) => ({
        name,
        authProvider: { name: 'tokenFile', config: { tokenFile } },
      }));
      for (const context of ['a', 'b']) {
        theirs.setCurrentContext(context);
        await listTheirs(theirs);
      }
      const sent = authorizations(api);
      for (const context of ['a', 'b']) {
        await using client = new KubeClient(await loadConfig({ kubeconfig: file, context }));
        await client.namespaces().list();
      }
      return { theirs: sent, ours: authorizations(api) };
    },
    theirs: ['Bearer A', 'Bearer A'],
    ours: ['Bearer A', 'Bearer B'],
  },
  {
    id: 'C5',
    does: 'cannot dial a WebSocket with a token file that ends in a newline',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const tokenFile = join(dir.path, 'token');
      await writeFile(tokenFile, 'A\n');
      const made = await kubeconfig(dir.path, api.url, { u: { tokenFile } });
      made.theirs.users = [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } }];
      const exec = new Exec(made.theirs).exec('ci', 'x', 'c', ['true'], null, null, null, false);
      await using client = await made.ours();
      const { headers } = await client.upgradeRequest({ path: '/' });
      return { theirs: await outcomeOf(exec), ours: headers['authorization'] };
    },
    theirs: 'ERR_INVALID_CHAR',
    ours: 'Bearer A',
  },
  {
    id: 'C5',
    does: 'keeps a token that the server refuses',
    show: async () => {
      await using dir = await tempDir();
      const accepts = ['Bearer old'];
      await using api = await startApi(accepts);
      const tokenFile = join(dir.path, 'token');
      await writeFile(tokenFile, 'old');
      const made = await kubeconfig(dir.path, api.url, { u: { tokenFile } });
      made.theirs.users = [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } }];
      await using client = await made.ours();
      await listTheirs(made.theirs);
      await client.namespaces().list();
      await writeFile(tokenFile, 'new');
      accepts[0] = 'Bearer new';
      return {
        theirs: await outcomeOf(listTheirs(made.theirs)),
        ours: await outcomeOf(client.namespaces().list()),
      };
    },
    theirs: '401',
    ours: 'works',
  },
  {
    id: 'C6',
    does: 'does not know tokenFile and sends the request without a credential',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      await writeFile(join(dir.path, 'token'), 'A');
      const made = await kubeconfig(dir.path, api.url, { u: { tokenFile: join(dir.path, 'token') } });
      await listTheirs(made.theirs);
      const sent = authorizations(api);
      await listOurs(made);
      return { theirs: sent, ours: authorizations(api) };
    },
    theirs: [undefined],
    ours: ['Bearer A'],
  },
  {
    id: 'C7',
    does: 'impersonates without the groups, the uid and the extra',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const user = { token: 't', as: 'jo', 'as-uid': '7', 'as-groups': ['a', 'b'], 'as-user-extra': { scope: ['x'] } };
      const made = await kubeconfig(dir.path, api.url, { u: user });
      const impersonation = (): unknown =>
        Object.fromEntries(
          Object.entries(api.seen.splice(0)[0]?.headers ?? {}).filter(([name]) => name.startsWith('impersonate')),
        );
      await listTheirs(made.theirs);
      const sent = impersonation();
      await listOurs(made);
      return { theirs: sent, ours: impersonation() };
    },
    theirs: { 'impersonate-user': 'jo' },
    ours: {
      'impersonate-user': 'jo',
      'impersonate-uid': '7',
      'impersonate-group': 'a, b',
      'impersonate-extra-scope': 'x',
    },
  },
  {
    id: 'C8',
    does: 'starts a plugin for each of ten calls at the same time',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const { exec, runs } = await plugin(dir.path, credential('t'));
      const made = await kubeconfig(dir.path, api.url, { u: { exec } });
      await Promise.all(Array.from({ length: 10 }, () => listTheirs(made.theirs)));
      const started = await runs();
      await using client = await made.ours();
      await Promise.all(Array.from({ length: 10 }, () => client.namespaces().list()));
      return { theirs: started, ours: await runs() };
    },
    theirs: 10,
    ours: 1,
  },
  {
    id: 'C8',
    does: 'uses a credential to its last second before it fetches another one',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const { exec, runs } = await plugin(
        dir.path,
        credential('t', { expirationTimestamp: new Date(Date.now() + 30_000).toISOString() }),
      );
      const made = await kubeconfig(dir.path, api.url, { u: { exec } });
      for (let i = 0; i < 2; i += 1) await listTheirs(made.theirs);
      const started = await runs();
      await using client = await made.ours();
      for (let i = 0; i < 2; i += 1) await client.namespaces().list();
      let ours = 0;
      while (ours < 2) ours += await runs();
      return { theirs: started, ours };
    },
    theirs: 1,
    ours: 2,
  },
  {
    id: 'C8',
    does: 'does not tell a plugin of the cluster that it asks for',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const { exec } = await plugin(
        dir.path,
        `printf '%s' "$KUBERNETES_EXEC_INFO" > ${dir.path}/info\n${credential('t')}`,
      );
      const made = await kubeconfig(dir.path, api.url, { u: { exec: { ...exec, provideClusterInfo: true } } });
      const told = async (): Promise<unknown> => {
        const text = await readFile(join(dir.path, 'info'), 'utf8');
        return text === '' ? 'nothing' : (JSON.parse(text) as { spec: { cluster: { server: string } } }).spec.cluster;
      };
      await listTheirs(made.theirs);
      const theirs = await told();
      await listOurs(made);
      const cluster = (await told()) as { server: string; 'certificate-authority-data': string };
      const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
      return { theirs, ours: [cluster.server === api.url, ca.trim() === fixture('ca-a.crt').trim()] };
    },
    theirs: 'nothing',
    ours: [true, true],
  },
  {
    id: 'C8',
    does: 'does not run the plugin again after a 401',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi(['Bearer 2']);
      const { exec, runs } = await plugin(dir.path, credential(`$(grep -c run ${dir.path}/runs)`));
      const made = await kubeconfig(dir.path, api.url, { u: { exec } });
      const twice = [await outcomeOf(listTheirs(made.theirs)), await outcomeOf(listTheirs(made.theirs))];
      await runs();
      return { theirs: twice, ours: await outcomeOf(listOurs(made)) };
    },
    theirs: ['401', '401'],
    ours: 'works',
  },
  {
    id: 'C8',
    does: 'waits for a plugin that hangs as long as it hangs',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi();
      const { exec } = await plugin(
        dir.path,
        `while [ ! -e ${dir.path}/end ]; do sleep 0.02; done\n${credential('t')}`,
      );
      const made = await kubeconfig(dir.path, api.url, { u: { exec } });
      const ended: string[] = [];
      const hanging = listTheirs(made.theirs).finally(() => ended.push('theirs'));
      await using client = await made.ours();
      const ours = await outcomeOf(client.version({ timeoutMs: 200 }));
      const theirs = ended.length === 0 ? 'hangs' : 'ended';
      await writeFile(join(dir.path, 'end'), '');
      await hanging;
      await client.version();
      return { theirs, ours };
    },
    theirs: 'hangs',
    ours: 'Timeout',
  },
  {
    id: 'C9',
    does: 'makes an address of variables that are not set',
    show: async () => {
      await using dir = await tempDir();
      return await withEnv({ KUBERNETES_SERVICE_PORT: '443' }, async () => {
        const config = new KubeConfig();
        config.loadFromCluster(dir.path);
        return { theirs: config.getCurrentCluster()?.server, ours: await outcomeOf(inClusterConfig()) };
      });
    },
    theirs: 'https://undefined:443',
    ours: 'ConfigInvalid',
  },
  {
    id: 'C9',
    does: 'takes the newline of the namespace file for a part of the name',
    show: async () => {
      await using dir = await tempDir();
      const path = join(dir.path, 'var/run/secrets/kubernetes.io/serviceaccount');
      spawnSync('mkdir', ['-p', path]);
      for (const name of ['token', 'ca.crt', 'namespace']) await writeFile(join(path, name), 'ns1\n');
      return await withEnv({ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }, async () => {
        const config = new KubeConfig();
        config.loadFromCluster(dir.path);
        const theirs = config.getContextObject(config.getCurrentContext())?.namespace;
        return { theirs, ours: (await inClusterConfig({ dir: path })).namespace };
      });
    },
    theirs: 'ns1\n',
    ours: 'ns1',
  },
  {
    id: 'C10',
    does: 'throws when one of several KUBECONFIG files is missing',
    show: async () => {
      await using dir = await tempDir();
      const { file } = await kubeconfig(dir.path, 'https://api.test');
      return await withEnv({ KUBECONFIG: `${dir.path}/missing:${file}` }, async () => ({
        theirs: await outcomeOf((async () => new KubeConfig().loadFromDefault())()),
        ours: (await loadConfig()).server,
      }));
    },
    theirs: 'ENOENT',
    ours: 'https://api.test',
  },
  {
    id: 'C10',
    does: 'talks to localhost:8080 when nothing is configured',
    show: async () => {
      await using dir = await tempDir();
      return await withEnv({ HOME: dir.path }, async () => {
        const config = new KubeConfig();
        config.loadFromDefault();
        return { theirs: config.getCurrentCluster()?.server, ours: await outcomeOf(loadConfig()) };
      });
    },
    theirs: 'http://localhost:8080',
    ours: 'ConfigInvalid',
  },
  {
    id: 'C11',
    does: 'throws when two KUBECONFIG files use one name, where kubectl takes the first',
    show: async () => {
      await using one = await tempDir();
      await using two = await tempDir();
      const first = await kubeconfig(one.path, 'https://first.test');
      const second = await kubeconfig(two.path, 'https://second.test');
      return await withEnv({ KUBECONFIG: `${first.file}:${second.file}` }, async () => ({
        theirs: await outcomeOf((async () => new KubeConfig().loadFromDefault())()),
        ours: (await loadConfig()).server,
      }));
    },
    theirs: 'Duplicate cluster: c',
    ours: 'https://first.test',
  },
  {
    id: 'C12',
    does: 'looks for the plugin of a kubeconfig in the directory where the process runs',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi(['Bearer t']);
      const { exec } = await plugin(dir.path, credential('t'));
      const made = await kubeconfig(dir.path, api.url, { u: { exec: { ...exec, command: './login' } } });
      return { theirs: await outcomeOf(listTheirs(made.theirs)), ours: await outcomeOf(listOurs(made)) };
    },
    theirs: 'ENOENT',
    ours: 'works',
  },
  {
    id: 'C13',
    does: 'refuses a plain http server, as kubectl proxy is one',
    show: async () => {
      await using dir = await tempDir();
      await using api = await startApi(undefined, {});
      const made = await kubeconfig(dir.path, api.url);
      return { theirs: await outcomeOf(listTheirs(made.theirs)), ours: await outcomeOf(listOurs(made)) };
    },
    theirs: 'HTTP protocol is not allowed when skipTLSVerify is not set or false',
    ours: 'works',
  },
  {
    id: 'C14',
    does: 'passes by the proxy of the environment',
    show: async () => {
      await using dir = await tempDir();
      let asked = 0;
      const proxy = createServer((socket) => {
        asked += 1;
        socket.on('error', () => undefined).end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      }).listen(0, '127.0.0.1');
      await until(() => proxy.listening);
      const { port } = proxy.address() as { port: number };
      const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
      const { theirs, file } = await kubeconfig(dir.path, 'https://api.invalid');
      const outcome = await withEnv(env, async () => {
        await outcomeOf(listTheirs(theirs));
        const before = asked;
        await using client = new KubeClient(await loadConfig({ kubeconfig: file }), { maxAttempts: 1 });
        await outcomeOf(client.version());
        return { theirs: before, ours: asked - before };
      });
      proxy.close();
      return outcome;
    },
    theirs: 0,
    ours: 1,
  },
];

describe('where client-node', () => {
  it.each(defects)('$id $does, this client does not', async ({ show, theirs, ours }) => {
    expect(await show()).toEqual({ theirs, ours });
  });

  it('has a defect from C1 to C14, there is a case', () => {
    const wanted = Array.from({ length: 14 }, (_, index) => `C${index + 1}`);
    expect([...new Set(defects.map(({ id }) => id))]).toEqual(wanted);
  });
});
