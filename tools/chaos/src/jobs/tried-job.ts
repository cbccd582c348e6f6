import { isFinal, type Job } from '@danube/contract';
import { labels } from '@danube/contract/names';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { comesTrue } from './comes-true.ts';
import { violationsOf } from './violations.ts';
import { chaosPipeline, type Workload } from './workload.ts';
import type { Victim, World } from './world.ts';

/** A job that does not end in this time never will. */
const END_LIMIT_MS = 240_000;
/** No pod outlives its job by more than this. */
const POD_LIMIT_MS = 120_000;

/** A job of the chaos run, from its submission to its last trace. */
export class TriedJob {
  readonly #world: World;
  readonly #workload: Workload;
  readonly #file: (kind: string) => string;
  readonly id: string;

  private constructor(world: World, { id, workload }: { readonly id: string; readonly workload: Workload }) {
    this.#world = world;
    this.#workload = workload;
    this.id = id;
    this.#file = (kind) => join(world.outside, `${id}.${kind}`);
  }

  /** Submits one under a key of its own. */
  static async submit(world: World, workload: Workload, key: string): Promise<TriedJob> {
    const { workerImage } = world.ground;
    const { id } = await world.danube.submit(chaosPipeline(workload, { id: 'chaos', workerImage }), key);
    return new TriedJob(world, { id, workload });
  }

  get victim(): Victim {
    return {
      pod: { namespace: this.#world.namespace, name: `job-${this.id}` },
      order: (script) => writeFile(this.#file('do'), script, { mode: 0o644 }),
    };
  }

  /** Whether its first step is in the middle of its talk, as seen from outside. */
  get isTalking(): boolean {
    return existsSync(this.#file('lines')) && !existsSync(this.#file('ended'));
  }

  /** Waits for the talk to begin; false when it has ended already, or did not begin. */
  async untilTalking(): Promise<boolean> {
    return (await comesTrue(END_LIMIT_MS, () => existsSync(this.#file('lines')))) && this.isTalking;
  }

  /** Waits for the end and for the pod to be gone, and says what should not have been. */
  async verdict(allowed: readonly string[]): Promise<string[]> {
    const job = await this.#end();
    if (job === undefined) return [`did not end within ${END_LIMIT_MS / 1000} s`];
    const isGone = await this.#podGone();
    const [ran, ended, lines] = await Promise.all(['ran', 'ended', 'lines'].map((kind) => this.#words(kind)));
    const entries = await this.#world.danube.entries(this.id);
    const evidence = {
      job,
      entries,
      ran: ran ?? [],
      ended: ended ?? [],
      lines: lines?.length ?? 0,
      workload: this.#workload,
    };
    const found = violationsOf(evidence, allowed);
    return isGone ? found : [...found, `its pod was there ${POD_LIMIT_MS / 1000} s after its end`];
  }

  async #end(): Promise<Job | undefined> {
    let job: Job | undefined;
    const hasEnded = await comesTrue(END_LIMIT_MS, async () => {
      job = await this.#world.danube.job(this.id);
      return isFinal(job.state);
    });
    return hasEnded ? job : undefined;
  }

  async #podGone(): Promise<boolean> {
    const { ground, namespace } = this.#world;
    const selector = { labelSelector: `${labels.jobId}=${this.id}` };
    return comesTrue(POD_LIMIT_MS, async () => {
      // The API server may be away itself.
      const list = await ground.client
        .pods(namespace)
        .list(selector)
        .catch(() => undefined);
      return list?.items.length === 0;
    });
  }

  async #words(kind: string): Promise<string[]> {
    const text = await readFile(this.#file(kind), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}
