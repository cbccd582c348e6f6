import { isNotFound } from '@danube/k8s-client';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cut } from './link.ts';
import { processesWith, signalAll } from './processes.ts';
import { type LinkName, linkNames, type Victim, type World } from './world.ts';

/** One kind of trouble, and the ends that are right after it. */
export type JobFault = {
  readonly name: string;
  /** Whether it is done to one job, or to everything at once. */
  readonly scope: 'job' | 'world';
  /** Ends that are right: a state, with the code of its reason where there is one. */
  readonly ends: readonly string[];
  readonly shape?: 'sidecar';
  /** Clocks have to be able to jump. */
  readonly clocks?: boolean;
  /** Memory limit of the worker. */
  readonly memory?: string;
  /** Does it; says whether there was anything left to do it to. */
  readonly inject: (world: World, victim: Victim, random: () => number) => Promise<boolean>;
};

const done = async (work: Promise<unknown>): Promise<boolean> => {
  await work;
  return true;
};

const between = (random: () => number, least: number, most: number): number =>
  Math.round(least + random() * (most - least));

const coordinatorsOf = ({ pod }: Victim): Promise<number[]> => processesWith(`DANUBE_POD_NAME=${pod.name}`);

const killCoordinator: JobFault['inject'] = async (_world, victim) =>
  signalAll(await coordinatorsOf(victim), 'SIGKILL') > 0;

const cut = (link: LinkName): JobFault => ({
  name: `cut ${link}`,
  scope: 'world',
  ends: ['succeeded'],
  inject: ({ ground }, _victim, random) => {
    const how: Cut = random() < 0.5 ? 'reset' : 'silence';
    return done(ground.cut(link, how, between(random, 100, 5000)));
  },
});

const jumpClock: JobFault['inject'] = async ({ api, outside }, victim, random) => {
  // From a second to two days, forwards or backwards.
  const offsetMs = Math.round(10 ** (3 + random() * 5.2)) * (random() < 0.5 ? -1 : 1);
  const ofServer = random() < 0.5;
  const file = ofServer ? 'api-server.clock' : `${victim.pod.name}.clock`;
  await writeFile(join(outside, file), String(offsetMs), { mode: 0o644 });
  const pids = ofServer ? [api.pid ?? 0] : await coordinatorsOf(victim);
  return signalAll(pids, 'SIGUSR2') > 0;
};

/** Everything that the chaos run does to jobs. */
export const jobFaults: readonly JobFault[] = [
  { name: 'none', scope: 'job', ends: ['succeeded'], inject: () => Promise.resolve(true) },
  {
    name: 'kill api-server',
    scope: 'world',
    ends: ['succeeded'],
    inject: ({ api }) => done(api.kill().then(() => api.start())),
  },
  { name: 'kill coordinator', scope: 'job', ends: ['error CoordinatorLost'], inject: killCoordinator },
  { name: 'kill sidecar', scope: 'job', ends: ['succeeded'], shape: 'sidecar', inject: killCoordinator },
  ...linkNames.map(cut),
  {
    name: 'restart kube-apiserver',
    scope: 'world',
    ends: ['succeeded'],
    inject: ({ ground }, _victim, random) => done(ground.restart('kube-apiserver', between(random, 0, 2000))),
  },
  {
    name: 'restart kubelet',
    scope: 'world',
    ends: ['succeeded'],
    inject: ({ ground }, _victim, random) => done(ground.restart('kubelet', between(random, 0, 2000))),
  },
  {
    name: 'delete pod',
    scope: 'job',
    ends: ['error PodDeleted'],
    inject: ({ ground: { client } }, { pod }, random) => {
      const grace = random() < 0.5 ? {} : { gracePeriodSeconds: between(random, 0, 3) };
      return unlessGone(client.pods(pod.namespace).delete(pod.name, grace));
    },
  },
  {
    name: 'evict',
    scope: 'job',
    ends: ['error PodEvicted'],
    inject: ({ ground: { client } }, { pod }) => unlessGone(client.pods(pod.namespace).evict(pod.name)),
  },
  {
    name: 'fill workspace',
    scope: 'job',
    ends: ['error WorkspaceFull'],
    inject: ({ ground }, victim) => done(ground.fillWorkspace(victim)),
  },
  {
    name: 'out of memory',
    scope: 'job',
    ends: ['failed OutOfMemory'],
    memory: '64Mi',
    inject: ({ ground }, victim) => done(ground.exhaustMemory(victim)),
  },
  { name: 'clock jump', scope: 'job', ends: ['succeeded'], clocks: true, inject: jumpClock },
];

const unlessGone = async (work: Promise<unknown>): Promise<boolean> => {
  try {
    await work;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
};
