import type { Pipeline } from '@danube/contract';
import type { KubeClient } from '@danube/k8s-client';
import {
  buildJobPod,
  coordinatorRbac,
  InvalidJobPodError,
  type JobPodOptions,
  jobsNamespace,
} from '@danube/pod-builder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';

/** What the suite needs of the cluster it runs on. */
export type AcceptanceCluster = {
  readonly client: () => KubeClient;
  /** How many inputs are tried. */
  readonly runs: number;
};

const lower = 'abcdefghijklmnopqrstuvwxyz0123456789';
const token = (chars: string, maxLength = 12) =>
  fc.string({ unit: fc.constantFrom(...Array.from(chars)), minLength: 1, maxLength });
/** Begins and ends with a letter or digit. */
const word = (inner: string, maxLength = 10) =>
  fc
    .tuple(token(lower, 1), fc.string({ unit: fc.constantFrom(...Array.from(inner)), maxLength }), token(lower, 1))
    .map((parts) => parts.join(''));
// Legal nearly always: a pod has so many fields that more of the other would leave hardly one that is accepted.
const mostly = <T>(legal: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: legal }, { weight: 1, arbitrary: odd });
const label = mostly(word(`${lower}-`), token(`${lower}-.A`));
const qualified = mostly(
  fc.oneof(
    word(`${lower}-_.`),
    fc.tuple(word(`${lower}-`), word(`${lower}_`)).map(([a, b]) => `${a}.io/${b}`),
  ),
  token(`${lower}/.-`),
);
const value = mostly(word(`${lower}ABC-_.`, 20), token(`${lower}ABC-_. `, 80));
const text = fc.string({ maxLength: 40 });
const subdomain = fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const quantity = mostly(
  fc.oneof(
    fc.tuple(fc.nat(4000), fc.constantFrom('', 'm', 'Mi', 'Gi', 'k', 'e2')).map(([n, unit]) => `${n}${unit}`),
    fc.constantFrom('0.5', '.5', '1.', '1E', '+3'),
  ),
  fc.constantFrom('-1', '1e', '1 Gi', ''),
);
const memory = fc.nat(4000).map((n) => `${n}Mi`);
const image = mostly(
  fc.oneof(
    fc
      .tuple(subdomain, word(`${lower}_`, 0), word(`${lower}._-`))
      .map(([host, name, tag]) => `${host}.example:5000/${name}:${tag}`),
    fc.constantFrom('busybox', `a/b@sha256:${'0'.repeat(64)}`, 'a__b/c'),
  ),
  fc.constantFrom('Upper/x', '', 'x y', 'a..b'),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
/** An object without its undefined fields. */
const defined = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(fields).map((made) => Object.fromEntries(Object.entries(made).filter(([, field]) => field !== undefined)));
const resources = defined({
  requests: optional(defined({ cpu: optional(quantity), memory: optional(memory) })),
  limits: optional(
    defined({ cpu: optional(quantity), memory: optional(memory), 'ephemeral-storage': optional(quantity) }),
  ),
});
const deviceResources = fc.tuple(resources, fc.nat(3), fc.boolean()).map(([made, count, same]) => ({
  requests: { ...(made['requests'] as object | undefined), 'example.com/gpu': `${count}` },
  limits: { ...(made['limits'] as object | undefined), 'example.com/gpu': `${same ? count : count + 1}` },
}));
const mountPath = fc
  .array(fc.oneof(label, fc.constantFrom('..', '.', 'workspace', 'dev', 'a:b')), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`);
const volume = defined({
  name: label,
  mountPath,
  container: optional(fc.constantFrom('worker', 'coordinator')),
  readOnly: optional(fc.boolean()),
  subPath: optional(mostly(fc.constantFrom('a', 'a/b'), fc.constantFrom('../a', '/a', ''))),
  source: fc.oneof(
    subdomain.map((claim) => ({ claim })),
    subdomain.map((secret) => ({ secret })),
    subdomain.map((configMap) => ({ configMap })),
  ),
});
const service = defined({
  name: label,
  image,
  command: optional(fc.array(text, { minLength: 1, maxLength: 3 })),
  args: optional(fc.array(text, { maxLength: 3 })),
  env: optional(fc.dictionary(token('ABC_123'), text, { maxKeys: 3 })),
  resources: optional(resources),
  runAsUser: optional(mostly(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constant(0))),
  ready: optional(
    fc.oneof(
      fc.integer({ min: 0, max: 66_000 }).map((tcpPort) => ({ tcpPort })),
      fc.record({
        httpPort: fc.integer({ min: 1, max: 65_535 }),
        path: mostly(fc.constantFrom('/', '/up'), fc.constant('up')),
      }),
      fc.record({ command: fc.array(text, { minLength: 1, maxLength: 2 }) }),
    ),
  ),
  readyTimeoutSeconds: optional(fc.integer({ min: 0, max: 600 })),
});
const toleration = fc.oneof(
  defined({
    key: qualified,
    value: optional(value),
    effect: optional(fc.constantFrom('NoSchedule', 'PreferNoSchedule')),
  }),
  defined({
    key: optional(qualified),
    operator: fc.constantFrom('Exists'),
    effect: optional(fc.constantFrom('NoExecute')),
  }),
  defined({
    key: optional(qualified),
    operator: optional(fc.constantFrom('Exists', 'Equal', 'In')),
    effect: fc.constantFrom('NoExecute', 'NoSchedule'),
    tolerationSeconds: optional(fc.integer({ min: 0, max: 600 })),
  }),
);
const arbitraryOptions = defined({
  owner: optional(value),
  coordinatorImage: optional(image),
  imagePullPolicy: optional(fc.constantFrom('Always', 'IfNotPresent', 'Never')),
  imagePullSecrets: optional(fc.uniqueArray(subdomain, { maxLength: 2 })),
  apiUrl: optional(mostly(fc.webUrl(), text)),
  workspaceSize: optional(quantity),
  workspaceMedium: optional(fc.constant('Memory')),
  controlSize: optional(quantity),
  coordinatorResources: optional(fc.oneof(resources, deviceResources)),
  workerResources: optional(resources),
  volumes: optional(fc.array(volume, { maxLength: 2 })),
  secretEnv: optional(
    fc.array(
      defined({
        name: token('ABC_123'),
        secret: subdomain,
        key: token(`${lower}._-`),
        optional: optional(fc.boolean()),
      }),
      {
        maxLength: 2,
      },
    ),
  ),
  services: optional(fc.array(service, { maxLength: 2 })),
  placement: optional(
    defined({
      nodeSelector: optional(fc.dictionary(qualified, value, { maxKeys: 2 })),
      tolerations: optional(fc.array(toleration, { maxLength: 2 })),
      schedulerName: optional(subdomain),
      hostUsers: optional(fc.boolean()),
    }),
  ),
  labels: optional(fc.dictionary(qualified, value, { maxKeys: 2 })),
  annotations: optional(fc.dictionary(qualified, text, { maxKeys: 2 })),
  shape: optional(fc.constantFrom('containers', 'sidecar')),
  deadlineMarginSeconds: optional(fc.nat(10_000)),
  terminationGraceSeconds: optional(fc.nat(600)),
}) as fc.Arbitrary<JobPodOptions>;
const arbitraryPipeline = defined({
  id: fc.oneof(value, fc.string({ maxLength: 15 })),
  workerImage: image,
  resources: optional(resources),
  env: optional(fc.dictionary(token('ABC_123'), text, { maxKeys: 2 })),
  timeout: optional(fc.constantFrom('90s', '1h30m', '500ms')),
  steps: fc.constant([{ name: 'a', run: 'true' }]),
}).map((made) => made as Pipeline);

/**
 * Whatever input `buildJobPod` accepts gives a pod that the API server accepts, in a namespace that enforces Pod Security
 * `restricted`; and what it does not accept, it refuses with the path of what is wrong.
 */
export const describeJobPodAcceptance = ({ client, runs }: AcceptanceCluster): void => {
  const namespace = `pod-acceptance-${randomUUID().slice(0, 8)}`;

  beforeAll(async () => {
    await client()
      .namespaces()
      .create({ ...jobsNamespace({ namespace }) });
    const [account] = coordinatorRbac({ namespace });
    await client().serviceAccounts(namespace).create(account);
  });
  afterAll(async () => {
    await client().namespaces().delete(namespace);
  });

  describe('buildJobPod', () => {
    it(`gives a pod that the API server accepts (${runs} accepted inputs)`, async () => {
      let accepted = 0;
      let refused = 0;
      const property = fc.asyncProperty(arbitraryPipeline, arbitraryOptions, async (pipeline, options) => {
        let pod;
        try {
          pod = buildJobPod({ id: randomUUID().slice(0, 8), attempt: 1 }, pipeline, { ...options, namespace });
        } catch (error) {
          refused += 1;
          expect(error).toBeInstanceOf(InvalidJobPodError);
          const { problems } = error as InvalidJobPodError;
          expect(problems.length).toBeGreaterThan(0);
          for (const { path, message } of problems) {
            expect(['job', 'pipeline', 'options', 'pod']).toContain(path[0]);
            expect(message.startsWith(String(path[0]))).toBe(true);
          }
          return;
        }
        accepted += 1;
        await client().pods(namespace).create(pod, { dryRun: true, fieldValidation: 'Strict' });
      });
      while (accepted < runs) await fc.assert(property, { numRuns: 50 });
      expect(refused).toBeGreaterThan(0);
    }, 280_000);
  });
};
