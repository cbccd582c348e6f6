import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeClient } from '@danube/k8s-client';
import {
  bytesSource,
  checkRegistry,
  clusterEndpoint,
  copyImage,
  deployRegistry,
  type DeployRegistryOptions,
  digestOf,
  OciClient,
  openLayout,
  repositoryStore,
  uninstallRegistry,
} from '@danube/registry';
import { buildBusyboxImage, testImages } from '@danube/tools-images';
import { useRealCluster } from '../suites/use-real-cluster.ts';

const namespace = 'e2e-registry';
const client = useRealCluster();
let directory: string;
let options: DeployRegistryOptions;

const outcomes = (objects: readonly { kind: string; outcome: string }[]) =>
  objects.map(({ kind, outcome }) => `${kind} ${outcome}`);

const versions = async (kube: KubeClient): Promise<string[]> => {
  const lists = await Promise.all([
    kube.secrets(namespace).list(),
    kube.configMaps(namespace).list({ labelSelector: 'app.kubernetes.io/name=registry' }),
    kube.serviceAccounts(namespace).list(),
    kube.services(namespace).list(),
    kube.networkPolicies(namespace).list(),
    kube.persistentVolumeClaims(namespace).list(),
    kube.deployments(namespace).list(),
  ]);
  return lists
    .flatMap(({ items }) => items)
    .map(({ kind, metadata }) => `${kind} ${metadata?.name} ${metadata?.resourceVersion}`);
};

const outside = async (): Promise<OciClient> =>
  new OciClient({ registry: await clusterEndpoint(client(), { namespace }) });

describe('the registry on a real node', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'danube-registry-'));
    const { items: nodes } = await client().nodes().list();
    const node = nodes[0]?.metadata?.labels?.['kubernetes.io/hostname'] ?? '';
    options = {
      namespace,
      image: testImages.registry,
      imagePullPolicy: 'Never',
      storage: { type: 'node', node, path: '/var/lib/danube/e2e-registry', size: '1Gi' },
      drainSeconds: 5,
      timeoutMs: 60_000,
    };
  });

  afterAll(async () => {
    await uninstallRegistry(client(), { namespace, purge: true });
    await client().namespaces().deleteAndWait(namespace, { timeoutMs: 60_000 });
    await rm(directory, { recursive: true, force: true });
  });

  it('says what a deployment would make, and makes nothing', async () => {
    const { objects, health } = await deployRegistry(client(), { ...options, dryRun: true });
    expect(new Set(objects.map(({ outcome }) => outcome))).toEqual(new Set(['created']));
    expect(health).toBeUndefined();
    await expect(client().namespaces().get(namespace)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('is deployed and serves, and a second deployment writes nothing', async () => {
    const first = await deployRegistry(client(), options);
    expect(first.address).toBe('registry.e2e-registry:5000');
    expect(first.health).toMatchObject({ status: 'ok' });
    expect(outcomes(first.objects)).toEqual([
      'Namespace created',
      'Secret created',
      'ServiceAccount created',
      'ConfigMap created',
      'PersistentVolume created',
      'PersistentVolumeClaim created',
      'Deployment created',
      'Service created',
      'NetworkPolicy created',
    ]);

    const before = await versions(client());
    const second = await deployRegistry(client(), options);
    expect(new Set(second.objects.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    expect(await versions(client())).toEqual(before);
  });

  it('checks itself down to an image that is pushed, pulled and deleted', async () => {
    const { status, checks } = await checkRegistry(client(), { namespace, depth: 'round-trip' });
    expect(checks.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
      'deployment true',
      'endpoints true',
      'ping true',
      'write true',
      'round-trip true',
    ]);
    expect(status).toBe('ok');
  });

  it('takes an image from outside the cluster, and gives it back with every byte', async () => {
    const { file, digest } = await buildBusyboxImage({
      file: join(directory, 'busybox.tar'),
      layersDir: join(directory, 'layers'),
    });
    await using oci = await outside();
    const target = repositoryStore({ client: oci, repository: 'team/app', registry: 'registry' });
    const pushed = await copyImage(await openLayout(file), target, { name: '1' });
    expect(pushed).toMatchObject({ descriptor: { digest }, blobs: { uploaded: 2 } });

    const { descriptor, blobs } = await oci.repository('team/app').readManifest('1');
    expect(descriptor.digest).toBe(digest);
    for (const blob of blobs) {
      let bytes = 0;
      for await (const chunk of oci.repository('team/app').readBlob(blob)) bytes += chunk.length;
      expect(bytes).toBe(blob.size);
    }
  });

  it('completes a push although the registry is started anew in the middle of it', async () => {
    await using oci = await outside();
    const bytes = Buffer.alloc(24 * 1024 * 1024, 'danube');
    const descriptor = { digest: digestOf(bytes), size: bytes.length };
    const { items } = await client().pods(namespace).list();
    let restarted: Promise<void> | undefined;
    const outcome = await oci.repository('team/restart').pushBlob(descriptor, bytesSource(bytes), {
      chunkBytes: 4 * 1024 * 1024,
      onBytes: (sent) => {
        if (sent < bytes.length / 2) return;
        restarted ??= client()
          .pods(namespace)
          .delete(items[0]?.metadata?.name ?? '', { gracePeriodSeconds: 1 });
      },
    });
    await restarted;
    expect(restarted).toBeDefined();
    expect(outcome).toBe('uploaded');
    let read = 0;
    for await (const chunk of oci.repository('team/restart').readBlob(descriptor)) read += chunk.length;
    expect(read).toBe(bytes.length);
    const after = await client().pods(namespace).list();
    expect(after.items.map(({ metadata }) => metadata?.uid)).not.toContain(items[0]?.metadata?.uid);
  });

  it('keeps the images when it is uninstalled, and finds them when it is deployed again', async () => {
    const { deleted, kept } = await uninstallRegistry(client(), { namespace });
    expect(kept).toEqual([
      'PersistentVolumeClaim registry-data',
      'PersistentVolume danube-registry-data',
      'Secret registry-http',
    ]);
    expect(deleted).toContain('Deployment registry');
    expect((await client().pods(namespace).list()).items).toEqual([]);
    expect(await checkRegistry(client(), { namespace })).toMatchObject({ status: 'down' });
    expect((await uninstallRegistry(client(), { namespace })).deleted).toEqual([]);

    await deployRegistry(client(), options);
    await using oci = await outside();
    const tags: string[] = [];
    for await (const tag of oci.repository('team/app').tags()) tags.push(tag);
    expect(tags).toEqual(['1']);
  });

  it('says what keeps it from starting', async () => {
    const wrong = { ...options, image: 'danube.local/no-such-registry:1', timeoutMs: 20_000 };
    await expect(deployRegistry(client(), wrong)).rejects.toMatchObject({
      code: 'NotReady',
      message: expect.stringMatching(/pod registry-.*: Pending; .*ErrImageNeverPull.*no-such-registry/),
    });
    await deployRegistry(client(), options);
  });

  it('refuses a change that the cluster does not allow, and says of what', async () => {
    const smaller = { ...options, storage: { ...options.storage!, size: '1Mi' } as typeof options.storage };
    await expect(deployRegistry(client(), smaller)).rejects.toMatchObject({
      code: 'ImmutableChange',
      message: expect.stringContaining('PersistentVolumeClaim registry-data'),
    });
    await deployRegistry(client(), options);
  });
});
