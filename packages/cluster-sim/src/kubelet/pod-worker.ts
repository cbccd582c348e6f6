import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { known } from '../api/kinds.ts';
import { asPod, type Pod, type VolumeSpec } from '../pods/pod-types.ts';
import { ContainerRunner, type PodContext } from './container-runner.ts';
import { slotsOf, type ContainerSlot } from './container-slot.ts';
import type { EventText } from './event-recorder.ts';
import type { KubeletEnvironment } from './kubelet.ts';
import { podStatus, type Verdict } from './pod-status.ts';
import { makeVolume, MountError } from './volumes.ts';

const MOUNT_RETRY_MS = 1_000;
const VOLUME_REFRESH_MS = 60_000;
const DEADLINE_TEXT = 'Pod was active on the node longer than the specified deadline';

/**
 * Runs one pod: makes its volumes, starts its containers in order, reports its status, and ends everything when it is
 * told to or when the deadline of the pod has passed.
 */
export class PodWorker {
  readonly uid: string;
  readonly slots: readonly ContainerSlot[];
  readonly #environment: KubeletEnvironment;
  readonly #context: PodContext;
  readonly #startTime: Date;
  readonly #stopping = new AbortController();
  readonly #volumes = new Map<string, string>();
  #pod: Pod;
  #verdict: Verdict | undefined;
  #reportTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #killAt = Number.POSITIVE_INFINITY;

  constructor(pod: Pod, environment: KubeletEnvironment) {
    this.#pod = pod;
    this.uid = pod.metadata.uid;
    this.slots = slotsOf(pod.spec);
    this.#environment = environment;
    this.#startTime = environment.now();
    this.#context = {
      environment,
      pod: () => this.#pod,
      directory: join(environment.dataDir, 'pods', pod.metadata.uid),
      volumes: this.#volumes,
      stopping: this.#stopping.signal,
      event: (text) => this.#event(text),
      changed: () => this.#reportSoon(),
    };
  }

  /** The pod as the API has it now. */
  get pod(): Pod {
    return this.#pod;
  }

  /** The slot of a container by its name. */
  slot(container: string): ContainerSlot | undefined {
    return this.slots.find(({ spec }) => spec.name === container);
  }

  /** Takes over a changed pod: labels and annotations for the downward API, the deadline. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (pod.spec.activeDeadlineSeconds !== before.spec.activeDeadlineSeconds) this.#armDeadline();
    const shown = ({ metadata }: Pod): unknown => [metadata.annotations, metadata.labels];
    if (this.#refreshTimer !== undefined && !isDeepStrictEqual(shown(pod), shown(before))) this.#refreshVolumes();
  }

  /** Starts the pod. */
  start(): void {
    this.#armDeadline();
    this.#reportSoon();
    this.#running = this.#runContainers()
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#environment.log(`pod ${this.#pod.metadata.name}: ${String(error)}`);
      })
      .finally(() => {
        clearTimeout(this.#deadlineTimer);
        clearInterval(this.#refreshTimer);
        this.#refreshTimer = undefined;
        this.#reportSoon();
      });
  }

  /** Ends the pod: TERM, the grace, KILL. Called again with less grace it ends sooner. Settles when no process is left. */
  stop(graceMs: number): Promise<void> {
    const killAt = performance.now() + graceMs;
    if (this.#stopped !== undefined && killAt >= this.#killAt) return this.#stopped;
    this.#stopping.abort();
    this.#killAt = killAt;
    this.#stopped = this.#stopProcesses(graceMs).then(() => this.#running);
    return this.#stopped;
  }

  /** Kills all containers and fails the pod for a reason that is not theirs, e.g. eviction. */
  async fail({ reason, message }: { readonly reason: string; readonly message: string }): Promise<void> {
    this.#event({ type: 'Warning', reason, message });
    await this.stop(0);
    this.#verdict = { phase: 'Failed', reason, message };
    this.#reportSoon();
  }

  /** Writes the last status at once and removes the pod's files. */
  finish(): void {
    clearTimeout(this.#reportTimer);
    this.#writeStatus();
    for (const { log, previousLog } of this.slots) [log, previousLog].forEach((each) => each?.close());
    rmSync(this.#context.directory, { recursive: true, force: true });
  }

  async #runContainers(): Promise<void> {
    mkdirSync(this.#context.directory, { recursive: true });
    for (const volume of this.#pod.spec.volumes ?? []) await this.#mount(volume);
    this.#refreshTimer = setInterval(() => this.#refreshVolumes(), VOLUME_REFRESH_MS);
    const sidecars: Promise<void>[] = [];
    for (const slot of this.slots.filter(({ role }) => role !== 'main')) {
      const started = Promise.withResolvers<undefined>();
      const ended = new ContainerRunner(slot, this.#context).run(() => started.resolve(undefined));
      if (slot.role === 'sidecar') sidecars.push(ended);
      await (slot.role === 'sidecar' ? Promise.race([started.promise, ended]) : ended);
      if (slot.role === 'init' && slot.state.terminated?.exitCode !== 0) break;
    }
    const initialized = this.slots.every(({ role, state }) => role !== 'init' || state.terminated?.exitCode === 0);
    const mains = this.slots.filter(({ role }) => role === 'main' && initialized);
    await Promise.all(mains.map((slot) => new ContainerRunner(slot, this.#context).run()));
    if (sidecars.length === 0) return;
    this.#stopping.abort();
    await this.#stopProcesses(this.#graceMs());
    await Promise.all(sidecars);
  }

  async #mount(volume: VolumeSpec): Promise<void> {
    while (!this.#volumes.has(volume.name)) {
      try {
        this.#volumes.set(volume.name, this.#makeVolume(volume));
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`;
        this.#event({ type: 'Warning', reason: 'FailedMount', message });
        await sleep(MOUNT_RETRY_MS, undefined, { signal: this.#stopping.signal });
      }
    }
  }

  /** Makes again what is made from the API: tokens get old, annotations and ConfigMaps change. */
  #refreshVolumes(): void {
    for (const volume of this.#pod.spec.volumes ?? []) {
      try {
        this.#makeVolume(volume);
      } catch (error) {
        if (!(error instanceof MountError)) throw error; // else its source is gone: what is mounted stays
      }
    }
  }

  #makeVolume(volume: VolumeSpec): string {
    const root = join(this.#context.directory, 'volumes');
    return makeVolume(this.#pod, volume, { root, sources: this.#environment.sources });
  }

  async #stopProcesses(graceMs: number): Promise<void> {
    const running = this.slots.flatMap(({ spec, process }) => (process?.running === true ? [{ spec, process }] : []));
    for (const { spec } of running) {
      const fieldPath = `spec.containers{${spec.name}}`;
      this.#event({ type: 'Normal', reason: 'Killing', message: `Stopping container ${spec.name}`, fieldPath });
    }
    await Promise.all(running.map(({ process }) => process.stop(graceMs)));
  }

  #armDeadline(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    clearTimeout(this.#deadlineTimer);
    if (seconds === undefined || this.#stopping.signal.aborted) return;
    const leftMs = this.#startTime.getTime() + seconds * 1000 - this.#environment.now().getTime();
    this.#deadlineTimer = setTimeout(() => void this.#exceedDeadline(), Math.max(0, leftMs));
  }

  async #exceedDeadline(): Promise<void> {
    this.#event({ type: 'Normal', reason: 'DeadlineExceeded', message: DEADLINE_TEXT });
    await this.stop(this.#graceMs());
    // only now: the real kubelet also shows Failed after the containers are gone
    this.#verdict = { phase: 'Failed', reason: 'DeadlineExceeded', message: DEADLINE_TEXT };
    this.#reportSoon();
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #event(text: EventText): void {
    this.#environment.recorder.record(this.#pod, text);
  }

  #reportSoon(): void {
    this.#reportTimer ??= setTimeout(() => {
      this.#reportTimer = undefined;
      this.#writeStatus();
    }, this.#environment.statusDelayMs);
  }

  #writeStatus(): void {
    const { store, now } = this.#environment;
    const { namespace, name } = this.#pod.metadata;
    const current = store.get(known.pods, namespace, name);
    if (current?.metadata.uid !== this.uid) return;
    const pod = asPod(current);
    const status = podStatus({
      pod,
      slots: this.slots,
      verdict: this.#verdict,
      startTime: this.#startTime,
      now: now(),
    });
    if (!isDeepStrictEqual(status, pod.status)) store.put(known.pods, { ...pod, status });
  }
}
