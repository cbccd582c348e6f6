import type { Pipeline } from '@danube/contract';
import { KubeClient, type Pod, type TokenRequest } from '@danube/k8s-client';
import { buildJobPod, coordinatorRbac, execPolicy } from '@danube/pod-builder';
import { createJobPod, probeExecFence } from '@danube/pod-builder/lifecycle';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { useRealCluster } from '../suites/use-real-cluster.ts';

const image = 'danube.local/busybox:1';
const pipeline: Pipeline = { id: 'p', workerImage: image, steps: [{ name: 's', run: 'true' }] };

describe('a coordinator and the exec policy', () => {
  const admin = useRealCluster();

  describe('on a real cluster', () => {
    const namespace = `exec-policy-${randomUUID().slice(0, 8)}`;
    const [policy, binding] = execPolicy({ namespace });
    let own: Pod;
    let other: Pod;
    let coordinator: KubeClient;
    let unbound: KubeClient;

    const tokenFor = async (pod?: Pod): Promise<KubeClient> => {
      const path = `${admin().serviceAccounts(namespace).pathOf('danube-coordinator')}/token`;
      const { name, uid } = pod?.metadata ?? {};
      const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: name!, uid: uid! };
      const spec = { audiences: [], expirationSeconds: 600, ...(pod === undefined ? {} : { boundObjectRef }) };
      const answer = await admin().request<TokenRequest>({
        method: 'POST',
        path,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
      });
      const { server, caPem } = admin().config;
      return new KubeClient({ server, caPem: caPem!, token: answer.status!.token! });
    };

    const idleCommand = ['/bin/sh', '-c', "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"];
    const job = async (id: string): Promise<Pod> => {
      const pod = buildJobPod({ id, attempt: 1 }, pipeline, { namespace, coordinatorImage: image });
      pod.spec.containers[0]!.command = idleCommand;
      return createJobPod(admin(), pod);
    };

    /** What the API server says to an exec: 400 (it is no WebSocket) when it would have let it through. */
    const execStatus = async (client: KubeClient, pod: Pod, container: string): Promise<number> => {
      const path = `${client.pods(namespace).pathOf(pod.metadata!.name!)}/exec`;
      return client
        .request({ method: 'GET', path, query: { container, command: 'true', stdout: true } })
        .then(() => 200)
        .catch((error: unknown) => (error as { status?: number }).status ?? -1);
    };

    beforeAll(async () => {
      await admin().namespaces().ensure(namespace);
      const [account, role, roleBinding] = coordinatorRbac({ namespace });
      await admin().serviceAccounts(namespace).create(account);
      await admin().roles(namespace).create(role);
      await admin().roleBindings(namespace).create(roleBinding);
      [own, other] = await Promise.all([job('own'), job('other')]);
      const isRunning = (pod: Pod | undefined) => pod?.status?.phase === 'Running';
      for (const { metadata } of [own, other])
        await admin().pods(namespace).waitFor(metadata!.name!, isRunning, { timeoutMs: 30_000 });
      coordinator = await tokenFor(own);
      unbound = await tokenFor();
    });

    afterAll(async () => {
      await coordinator.close();
      await unbound.close();
      await admin().validatingAdmissionPolicyBindings().delete(binding.metadata!.name!);
      await admin().validatingAdmissionPolicies().delete(policy.metadata!.name!);
      await admin().namespaces().delete(namespace);
    });

    it('may do everything to every job without the policy, and the probe says so', async () => {
      expect(await probeExecFence(coordinator, { namespace })).toBe('none');
      expect(await execStatus(coordinator, other, 'worker')).toBe(400);
    });

    it('is kept to the worker of its own pod by the policy, and the probe says so', async () => {
      await admin().validatingAdmissionPolicies().create(policy);
      await admin().validatingAdmissionPolicyBindings().create(binding);
      // The API server takes a moment to learn of a policy.
      const deadlineMs = Date.now() + 20_000;
      while ((await probeExecFence(coordinator, { namespace })) !== 'policy' && Date.now() < deadlineMs)
        await delay(200);

      expect({
        ownWorker: await execStatus(coordinator, own, 'worker'),
        ownCoordinator: await execStatus(coordinator, own, 'coordinator'),
        otherWorker: await execStatus(coordinator, other, 'worker'),
        withoutPod: await execStatus(unbound, own, 'worker'),
        admin: await execStatus(admin(), other, 'worker'),
      }).toEqual({ ownWorker: 400, ownCoordinator: 403, otherWorker: 403, withoutPod: 403, admin: 400 });
      expect(await probeExecFence(coordinator, { namespace })).toBe('policy');
    });
  });
});
