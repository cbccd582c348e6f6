import { copyFrom, copyTo, type ExecProtocol, ExecStream, type ExecTarget } from '@danube/exec-stream';
import { isPodRunning, type KubeClient, type Pod } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the suite needs of the cluster it runs on. */
export interface CopyCluster {
  readonly client: () => KubeClient;
  readonly image: string;
  /** False where containers are processes of this machine, which have its files and this user. */
  readonly isolated: boolean;
}

/** As restricted as a job's worker: another user than root, no right to gain any, and a root that cannot be written. */
const restricted = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  runAsGroup: 65_532,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

const protocols: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

async function look(at: string): Promise<string[]> {
  const names = await readdir(at, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const stats = await lstat(join(at, name));
      if (stats.isSymbolicLink()) return `${name} -> ${await readlink(join(at, name))}`;
      if (stats.isDirectory()) return `${name}/`;
      const hash = createHash('sha256').update(await readFile(join(at, name)));
      return `${name} ${(stats.mode & 0o700).toString(8)} ${hash.digest('hex')}`;
    }),
  );
}

/** Copies in and out of a container, with whatever tar and shell that has. */
export const describeCopy = ({ client, image, isolated }: CopyCluster): void => {
  const target: ExecTarget = { namespace: `copy-${randomUUID().slice(0, 8)}`, pod: 'target', container: 'worker' };
  let local = '';

  const podOf = (name: string, securityContext = {}): Pod => ({
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: { fsGroup: 65_532 },
      containers: [
        {
          name: target.container,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'],
          securityContext,
          volumeMounts: [{ name: 'files', mountPath: '/files' }],
        },
      ],
      volumes: [{ name: 'files', emptyDir: {} }],
    },
  });

  beforeAll(async () => {
    local = await mkdtemp(join(tmpdir(), 'danube-copy-'));
    await client().namespaces().ensure(target.namespace);
    const pods = client().pods(target.namespace);
    await pods.create(podOf(target.pod));
    await pods.create(podOf('restricted', restricted));
    await pods.waitFor('restricted', isPodRunning, { timeoutMs: 60_000 });
    await pods.waitFor(target.pod, isPodRunning, { timeoutMs: 60_000 });
  });

  afterAll(async () => {
    await rm(local, { recursive: true });
    await client().namespaces().delete(target.namespace);
  });

  it('needs neither root nor a root that can be written', async () => {
    const stream = new ExecStream(client());
    const worker = { ...target, pod: 'restricted' };
    const tree = join(local, 'restricted-tree');
    await mkdir(join(tree, 'below'), { recursive: true });
    await writeFile(join(tree, 'below/file'), randomBytes(300_000), { mode: 0o600 });
    await writeFile(join(tree, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    const there = await copyTo(stream, { from: tree, to: { ...worker, path: '/files/tree' } });
    await copyTo(stream, { from: join(tree, 'tool'), to: { ...worker, path: '/files/one/tool' } });
    const back = join(local, 'restricted-back');
    const here = await copyFrom(stream, { from: { ...worker, path: '/files/tree' }, to: back });
    expect(here).toMatchObject({ files: 2, bytes: there.bytes });
    expect(await look(back)).toEqual(await look(tree));
    if (!isolated) return;
    const session = stream.exec(worker, ['sh', '-c', 'id -u; ls -ln /files/tree/tool | cut -c 1-10; : >/x']);
    const chunks: Buffer[] = [];
    for await (const chunk of session.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(String(Buffer.concat(chunks))).toBe('65532\n-rwxr-xr-x\n');
    expect((await session.result).code).not.toBe(0);
    const file = join(tree, 'tool');
    await expect(copyTo(stream, { from: file, to: { ...worker, path: '/etc/tool' } })).rejects.toMatchObject({
      code: 'EXEC_COPY_FAILED',
      message: expect.stringMatching(/read-only|permission/i),
    });
  });

  describe.each(protocols)('a copy over %s', (protocol) => {
    const stream = (): ExecStream => new ExecStream(client(), { protocols: [protocol] });
    const remote = (path: string) => ({ ...target, path: `/files/${protocol}/${path}` });

    it('brings a tree there and back: long names, links, modes, 16 MiB', async () => {
      const tree = join(local, `${protocol}-tree`);
      const deep = join(tree, 'd'.repeat(90), 'e'.repeat(90));
      await mkdir(deep, { recursive: true });
      await writeFile(join(deep, `${'f'.repeat(120)} grüße`), 'deep');
      await writeFile(join(tree, 'big'), randomBytes(16 * 1024 * 1024 + 1));
      await writeFile(join(tree, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
      await writeFile(join(tree, 'empty'), '');
      await symlink('big', join(tree, 'link'));
      const back = join(local, `${protocol}-back`);
      const there = await copyTo(stream(), { from: tree, to: remote('tree') });
      expect(there).toMatchObject({ files: 4 });
      expect(await copyFrom(stream(), { from: remote('tree'), to: back })).toMatchObject({
        files: 4,
        bytes: there.bytes,
      });
      expect(await look(back)).toEqual(await look(tree));
    });

    it('brings one file there and back, and leaves nothing beside it', async () => {
      const [file, back] = [join(local, `${protocol}-file`), join(local, `${protocol}-file-back`)];
      await writeFile(file, randomBytes(70_001));
      await copyTo(stream(), { from: file, to: remote('one/file') });
      await copyFrom(stream(), { from: remote('one/file'), to: back });
      expect((await readFile(back)).equals(await readFile(file))).toBe(true);
      await copyFrom(stream(), { from: remote('one'), to: join(local, `${protocol}-one`) });
      expect(await readdir(join(local, `${protocol}-one`))).toEqual(['file']);
    });

    it('says what is wrong in the container', async () => {
      await expect(copyFrom(stream(), { from: remote('nothing'), to: join(local, 'nothing') })).rejects.toMatchObject({
        code: 'EXEC_COPY_FAILED',
        message: expect.stringContaining('no such file'),
      });
      const below = { ...target, path: '/proc/1/status/below' };
      await expect(copyTo(stream(), { from: import.meta.filename, to: below })).rejects.toMatchObject({
        code: 'EXEC_COPY_FAILED',
      });
    });
  });
};
