import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeDropped } from './k8s-client/dropped.ts';
import { describeIdentity } from './k8s-client/identity.ts';
import { describeInformer } from './k8s-client/informer.ts';
import { describeKinds } from './k8s-client/kinds.ts';
import { describeLeaderElection } from './k8s-client/leader.ts';
import { describeLists } from './k8s-client/lists.ts';
import { describeLogs } from './k8s-client/logs.ts';
import { describeNamespaces } from './k8s-client/namespaces.ts';
import { describePods } from './k8s-client/pods.ts';
import { describeRefusals } from './k8s-client/refusals.ts';
import { describeRemoval } from './k8s-client/removal.ts';
import { describeWaits } from './k8s-client/waits.ts';
import { describeWatch } from './k8s-client/watch.ts';
import { type ClientCluster, workplaceOn } from './k8s-client/workplace.ts';
import { describeWrites } from './k8s-client/writes.ts';

/**
 * The contract of `@danube/k8s-client` on whatever cluster it is given: what it promises must hold on a real API
 * server, and the simulator has to agree with that.
 */
export const describeK8sClient = (cluster: ClientCluster): void => {
  const { client } = cluster;
  const place = workplaceOn(cluster);

  beforeAll(async () => {
    await client().namespaces().ensure(place.namespace);
  });
  afterAll(() => client().namespaces().deleteAndWait(place.namespace, { timeoutMs: 90_000 }), 100_000);

  it('says which server it talks to', async () => {
    expect((await client().version()).gitVersion).toMatch(/^v1\.\d+/);
  });

  describe('every kind', () => describeKinds(place));
  describe('writes', () => describeWrites(place));
  describe('lists', () => describeLists(place));
  describe('removal', () => describeRemoval(place));
  describe('refusals', () => describeRefusals(place));
  describe('namespaces', () => describeNamespaces(place));
  describe('identity', () => describeIdentity(place));
  describe('pods', () => describePods(place));
  describe('logs', () => describeLogs(place));
  describe('waits', () => describeWaits(place));
  describe('watches', () => describeWatch(place));
  describe('informers', () => describeInformer(place));
  describe('leader election', () => describeLeaderElection(place));
  describe('over a connection that is cut again and again', () => describeDropped(place));
};
