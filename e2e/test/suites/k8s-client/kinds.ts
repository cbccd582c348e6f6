import { isDeleted, isNotFound, type KubeObject, type ResourceClient } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { failure, namesOf, shellPod, unique, type Workplace } from './workplace.ts';

type Trial = { readonly kind: string; readonly run: () => Promise<void> };

/** Every kind that has a method on the client: created, read, listed, changed in each way, and deleted. */
export const describeKinds = ({ client, namespace, image }: Workplace): void => {
  const trial = <T extends KubeObject>(
    kind: string,
    resource: () => ResourceClient<T>,
    content: Omit<T, 'metadata'>,
  ): Trial => ({
    kind,
    run: async () => {
      const objects = resource();
      const name = unique('kind');
      const labels = { trial: name };
      const created = await objects.create({ ...content, metadata: { name, labels } } as unknown as T);
      expect(created).toMatchObject({ kind, metadata: { name } });
      const uid = created.metadata?.uid;
      expect((await objects.get(name)).metadata?.uid).toBe(uid);
      const { items } = await objects.list({ labelSelector: `trial=${name}` });
      expect(items.map((item) => [item.apiVersion, item.kind, item.metadata?.name])).toEqual([
        [created.apiVersion, kind, name],
      ]);
      await objects.update(name, (object) => {
        object.metadata = { ...object.metadata, annotations: { ...object.metadata?.annotations, updated: 'yes' } };
      });
      await objects.patch(name, { metadata: { annotations: { patched: 'yes' } } });
      const applied = { metadata: { name, annotations: { applied: 'yes' } } } as unknown as T;
      const last = await objects.apply(applied, { fieldManager: 'suite' });
      expect(last.metadata?.annotations).toMatchObject({ updated: 'yes', patched: 'yes', applied: 'yes' });
      await objects.delete(name, { uid });
      await objects.waitFor(name, isDeleted(uid), { timeoutMs: 30_000 });
      expect(isNotFound(await failure(objects.get(name)))).toBe(true);
    },
  });
  const container = { name: 'main', image, command: ['sleep', '1000'] };
  const selector = { matchLabels: { app: 'kinds' } };
  const template = { metadata: { labels: { app: 'kinds' } }, spec: { containers: [container] } };
  const accessModes = ['ReadWriteOnce'];
  const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'nobody-has-it' });
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
  const { spec: podSpec } = shellPod(image, '', 'sleep 1000');
  const involvedObject = { apiVersion: 'v1', kind: 'Pod', name: 'none', namespace };
  const policySpec = {
    failurePolicy: 'Ignore',
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['endpoints'] }],
    },
    validations: [{ expression: 'true' }],
  };

  const trials: Trial[] = [
    trial('Pod', () => client().pods(namespace), { spec: podSpec! }),
    trial('Namespace', () => client().namespaces(), {}),
    trial('Node', () => client().nodes(), { spec: { unschedulable: true } }),
    trial('Event', () => client().events(namespace), {
      involvedObject,
      reason: 'Tried',
      message: 'it',
      type: 'Normal',
    }),
    trial('Service', () => client().services(namespace), {
      spec: { ports: [{ port: 80 }], selector: { app: 'none' } },
    }),
    trial('ConfigMap', () => client().configMaps(namespace), { data: { a: '1' } }),
    trial('Secret', () => client().secrets(namespace), { stringData: { a: '1' } }),
    trial('ServiceAccount', () => client().serviceAccounts(namespace), {}),
    trial('PersistentVolumeClaim', () => client().persistentVolumeClaims(namespace), {
      spec: { accessModes, storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
    }),
    trial('PersistentVolume', () => client().persistentVolumes(), {
      spec: { accessModes, capacity: { storage: '1Gi' }, storageClassName: 'none', hostPath: { path: '/nowhere' } },
    }),
    trial('ResourceQuota', () => client().resourceQuotas(namespace), { spec: { hard: { 'count/jobs.batch': '99' } } }),
    trial('Deployment', () => client().deployments(namespace), { spec: { replicas: 0, selector, template } }),
    trial('DaemonSet', () => client().daemonSets(namespace), {
      spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { no: 'node' } } } },
    }),
    trial('StatefulSet', () => client().statefulSets(namespace), {
      spec: { replicas: 0, serviceName: 'none', selector, template },
    }),
    trial('Job', () => client().jobs(namespace), {
      spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    }),
    trial('EndpointSlice', () => client().endpointSlices(namespace), {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.9.8.7'] }],
    }),
    trial('Lease', () => client().leases(namespace), { spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } }),
    trial('Role', () => client().roles(namespace), { rules }),
    trial('RoleBinding', () => client().roleBindings(namespace), { roleRef: roleRef('Role') }),
    trial('ClusterRole', () => client().clusterRoles(), { rules }),
    trial('ClusterRoleBinding', () => client().clusterRoleBindings(), { roleRef: roleRef('ClusterRole') }),
    trial('NetworkPolicy', () => client().networkPolicies(namespace), { spec: { podSelector: {} } }),
    trial('ValidatingAdmissionPolicy', () => client().validatingAdmissionPolicies(), { spec: policySpec }),
    trial('ValidatingAdmissionPolicyBinding', () => client().validatingAdmissionPolicyBindings(), {
      spec: { policyName: 'none', validationActions: ['Audit'] },
    }),
    // Kinds without a method of their own.
    trial(
      'PriorityClass',
      () =>
        client().resource({
          group: 'scheduling.k8s.io',
          version: 'v1',
          kind: 'PriorityClass',
          plural: 'priorityclasses',
          namespaced: false,
        }),
      { value: 7 } as object,
    ),
    trial(
      'Ingress',
      () =>
        client().resource(
          { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses', namespaced: true },
          namespace,
        ),
      { spec: { defaultBackend: { service: { name: 'none', port: { number: 80 } } } } } as object,
    ),
  ];

  it.each(trials)('$kind is created, read, listed, changed and deleted', ({ run }) => run(), 40_000);

  it('a Secret keeps bytes, and makes them of texts', async () => {
    const name = unique('secret');
    const secrets = client().secrets(namespace);
    await secrets.create({ metadata: { name }, data: { raw: 'AAEC' }, stringData: { text: 'ä' } });
    expect(await secrets.get(name)).toMatchObject({
      type: 'Opaque',
      data: { raw: 'AAEC', text: Buffer.from('ä').toString('base64') },
    });
    expect(namesOf((await secrets.list({ fieldSelector: 'type=Opaque' })).items)).toContain(name);
  });
};
