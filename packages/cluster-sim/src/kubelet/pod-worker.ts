import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { known } from '../api/kinds.ts';
import { apiTime } from '../objects.ts';
import { asPod, type ContainerSpec, type Pod, type TerminatedState } from '../pods/pod-types.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerProcess, exitCodeOf, type ProcessEnd } from './container-process.ts';
import { slotsOf, type ContainerSlot } from './container-slot.ts';
import { ContainerConfigError } from './environment.ts';
import type { EventText } from './event-recorder.ts';
import { imageProblem, type WaitingReason } from './image.ts';
import type { KubeletEnvironment } from './kubelet.ts';
import { podStatus, type Verdict } from './pod-status.ts';
import { prepareContainer } from './prepare-container.ts';
import { makeVolume, MountError } from './volumes.ts';

/** Backoff between tries, as the kubelet's: it doubles up to the limit. */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;
const RETRY_MS = 1_000;
const MAX_LOG_MESSAGE_BYTES = 2048;
const MAX_LOG_MESSAGE_LINES = 80;
const TOKEN_REFRESH_MS = 60_000;
const EPOCH = '1970-01-01T00:00:00Z';

const startError = (argv0: string, error: NodeJS.ErrnoException): string => {
  const why =
    error.code === 'ENOENT'
      ? argv0.includes('/')
        ? `stat ${argv0}: no such file or directory`
        : 'executable file not found in $PATH'
      : error.code === 'EACCES'
        ? 'permission denied'
        : error.message;
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: ${JSON.stringify(argv0)}: ${why}: unknown`;
};

/**
 * Runs one pod: makes its volumes, starts its containers in order, restarts them by policy, reports its status, and ends
 * everything when it is told to or when the deadline of the pod has passed.
 */
export class PodWorker {
  readonly uid: string;
  readonly slots: readonly ContainerSlot[];
  readonly #environment: KubeletEnvironment;
  readonly #directory: string;
  readonly #startTime: Date;
  readonly #stopping = new AbortController();
  #pod: Pod;
  #volumes = new Map<string, string>();
  #verdict: Verdict | undefined;
  #report: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #refresh: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;
  #killAt = Number.POSITIVE_INFINITY;

  constructor(pod: Pod, environment: KubeletEnvironment) {
    this.#pod = pod;
    this.uid = pod.metadata.uid;
    this.#environment = environment;
    this.#startTime = environment.now();
    this.#directory = join(environment.dataDir, 'pods', pod.metadata.uid);
    this.slots = slotsOf(pod.spec);
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
    const refresh =
      JSON.stringify(pod.metadata.annotations) !== JSON.stringify(this.#pod.metadata.annotations) ||
      JSON.stringify(pod.metadata.labels) !== JSON.stringify(this.#pod.metadata.labels);
    this.#pod = pod;
    this.#armDeadline();
    if (refresh && !this.#stopping.signal.aborted && this.#volumes.size > 0) this.#refreshVolumes();
  }

  /** Runs the pod until all its containers have ended for good. Never rejects. */
  async run(): Promise<void> {
    this.#armDeadline();
    this.#reportSoon();
    try {
      await this.#mountVolumes();
      this.#refresh = setInterval(() => this.#refreshVolumes(), TOKEN_REFRESH_MS);
      const sidecars: Promise<void>[] = [];
      for (const slot of this.slots.filter(({ role }) => role !== 'main')) {
        if (slot.role === 'sidecar') sidecars.push((await this.#startSidecar(slot)).ended);
        else if (!(await this.#runInit(slot))) return;
      }
      await Promise.all(this.slots.filter(({ role }) => role === 'main').map((slot) => this.#runSlot(slot)));
      if (sidecars.length > 0) {
        this.#stopping.abort();
        await this.#stopProcesses(this.#graceMs());
        await Promise.all(sidecars);
      }
    } finally {
      clearTimeout(this.#deadline);
      clearInterval(this.#refresh);
      this.#reportSoon();
    }
  }

  /** Ends the pod: TERM, the grace, KILL. Called again with less grace it ends sooner. Settles when no process is left. */
  stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const killAt = performance.now() + graceMs;
    if (this.#stopped !== undefined && killAt >= this.#killAt) return this.#stopped;
    this.#killAt = killAt;
    this.#stopped = this.#stopProcesses(graceMs);
    return this.#stopped;
  }

  /** Writes the last status at once and removes the pod's files. */
  finish(): void {
    clearTimeout(this.#report);
    clearTimeout(this.#deadline);
    clearInterval(this.#refresh);
    this.#writeStatus();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #mountVolumes(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    for (const volume of this.#pod.spec.volumes ?? []) {
      for (;;) {
        try {
          this.#volumes.set(volume.name, makeVolume(this.#pod, volume, this.#volumeContext()));
          break;
        } catch (error) {
          if (!(error instanceof MountError)) throw error;
          const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`;
          this.#event({ type: 'Warning', reason: 'FailedMount', message });
          await this.#pause(RETRY_MS);
        }
      }
    }
  }

  #refreshVolumes(): void {
    for (const volume of this.#pod.spec.volumes ?? []) {
      if (volume.emptyDir !== undefined || volume.hostPath !== undefined) continue;
      try {
        makeVolume(this.#pod, volume, this.#volumeContext());
      } catch (error) {
        if (!(error instanceof MountError)) throw error; // else its source is gone: what is mounted stays
      }
    }
  }

  async #runInit(slot: ContainerSlot): Promise<boolean> {
    await this.#runSlot(slot);
    return slot.state.terminated?.exitCode === 0;
  }

  async #startSidecar(slot: ContainerSlot): Promise<{ ended: Promise<void> }> {
    const started = Promise.withResolvers<void>();
    const ended = this.#runSlot(slot, () => started.resolve());
    await Promise.race([started.promise, ended]);
    return { ended };
  }

  /** Runs one container with its restarts. */
  async #runSlot(slot: ContainerSlot, onStart?: () => void): Promise<void> {
    for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      if (!(await this.#start(slot))) {
        if (slot.state.terminated === undefined) return;
      } else {
        onStart?.();
        const end = await slot.process?.ended;
        if (end !== undefined) await this.#ended(slot, end);
      }
      if (!this.#restarts(slot)) return;
      slot.restartCount += 1;
      slot.lastState = slot.state;
      if (slot.restartCount > 1) await this.#backOff(slot, backoff / 2);
      if (this.#stopping.signal.aborted) return;
    }
  }

  #restarts(slot: ContainerSlot): boolean {
    if (this.#stopping.signal.aborted) return false;
    const policy = slot.role === 'sidecar' ? 'Always' : this.#pod.spec.restartPolicy;
    const failed = slot.state.terminated?.exitCode !== 0;
    return policy === 'Always' ? slot.role !== 'init' || failed : policy === 'OnFailure' && failed;
  }

  async #backOff(slot: ContainerSlot, ms: number): Promise<void> {
    const { name } = slot.spec;
    const { name: pod, namespace = '', uid } = this.#pod.metadata;
    const message = `back-off ${ms / 1000}s restarting failed container=${name} pod=${pod}_${namespace}(${uid})`;
    slot.state = { waiting: { reason: 'CrashLoopBackOff', message } };
    this.#event({
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${name} in pod ${pod}_${namespace}(${uid})`,
    });
    this.#reportSoon();
    await this.#pause(ms).catch(() => undefined);
  }

  /** Starts a container; false when it cannot be started or when the pod is ending. Waits for what may still come: an image, a Secret. */
  async #start(slot: ContainerSlot): Promise<boolean> {
    const { spec } = slot;
    for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      if (this.#stopping.signal.aborted) return false;
      const problem = imageProblem(spec.image ?? '', spec.imagePullPolicy);
      if (problem === undefined) break;
      if (!(await this.#waitForImage(slot, problem, backoff))) return false;
    }
    for (;;) {
      try {
        return await this.#launch(slot);
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error;
        this.#waiting(slot, { reason: 'CreateContainerConfigError', message: error.message });
        this.#event({ type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` }, spec);
        await this.#pause(RETRY_MS).catch(() => undefined);
        if (this.#stopping.signal.aborted) return false;
      }
    }
  }

  async #waitForImage(slot: ContainerSlot, problem: WaitingReason, backoffMs: number): Promise<boolean> {
    const image = slot.spec.image ?? '';
    this.#waiting(slot, problem);
    if (problem.reason === 'ErrImagePull') {
      this.#event({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` }, slot.spec);
      const failed = `Failed to pull image "${image}": ${problem.message}`;
      this.#event({ type: 'Warning', reason: 'Failed', message: failed }, slot.spec);
    }
    const short = problem.reason === 'InvalidImageName' ? problem.message : `Error: ${problem.reason}`;
    const reason = problem.reason === 'InvalidImageName' ? 'InspectFailed' : 'Failed';
    this.#event({ type: 'Warning', reason, message: short }, slot.spec);
    await this.#pause(RETRY_MS).catch(() => undefined);
    if (problem.reason === 'ErrImagePull') {
      const message = `Back-off pulling image "${image}"`;
      this.#waiting(slot, { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${problem.message}` });
      this.#event({ type: 'Normal', reason: 'BackOff', message }, slot.spec);
    }
    await this.#pause(backoffMs).catch(() => undefined);
    return !this.#stopping.signal.aborted;
  }

  async #launch(slot: ContainerSlot): Promise<boolean> {
    const { spec } = slot;
    const image = spec.image ?? '';
    const { namespace = '', name } = this.#pod.metadata;
    const processSpec = prepareContainer(this.#pod, slot, {
      ...this.#environment,
      volumes: this.#volumes,
      root: this.#directory,
    });
    this.#event(
      { type: 'Normal', reason: 'Pulled', message: `Container image "${image}" already present on machine` },
      spec,
    );
    const path = join(this.#directory, 'logs', spec.name, `${slot.restartCount}.log`);
    const log = new ContainerLog(path, this.#environment.now);
    slot.previousLog = slot.log;
    slot.log = log;
    slot.containerId = randomBytes(32).toString('hex');
    this.#event({ type: 'Normal', reason: 'Created', message: `Created container: ${spec.name}` }, spec);
    try {
      slot.process = await ContainerProcess.start(processSpec, log);
    } catch (error) {
      log.close();
      const message = startError(processSpec.argv[0] ?? '', error as NodeJS.ErrnoException);
      this.#environment.log(`container ${spec.name} of ${namespace}/${name} did not start: ${message}`);
      this.#terminated(slot, { exitCode: 128, reason: 'StartError', message, startedAt: EPOCH });
      this.#event({ type: 'Warning', reason: 'Failed', message: `Error: ${message}` }, spec);
      return false;
    }
    this.#environment.onStart(slot.process);
    slot.state = { running: { startedAt: apiTime(this.#environment.now()) } };
    this.#event({ type: 'Normal', reason: 'Started', message: `Started container ${spec.name}` }, spec);
    this.#reportSoon();
    if (this.#stopping.signal.aborted) await slot.process.stop(0); // told to stop while it was starting
    return true;
  }

  async #ended(slot: ContainerSlot, end: ProcessEnd): Promise<void> {
    const { process } = slot;
    if (process !== undefined) this.#environment.onEnd(process);
    const exitCode = exitCodeOf(end);
    let message = process?.terminationMessage() ?? '';
    if (message === '' && exitCode !== 0 && slot.spec.terminationMessagePolicy === 'FallbackToLogsOnError') {
      message = (await slot.log?.tail(MAX_LOG_MESSAGE_BYTES, MAX_LOG_MESSAGE_LINES)) ?? '';
    }
    this.#terminated(slot, {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      ...(message === '' ? {} : { message }),
      startedAt: slot.state.running?.startedAt ?? null,
    });
  }

  #terminated(slot: ContainerSlot, state: Omit<TerminatedState, 'finishedAt' | 'containerID'>): void {
    const containerID = `process://${slot.containerId ?? ''}`;
    slot.state = { terminated: { ...state, finishedAt: apiTime(this.#environment.now()), containerID } };
    this.#reportSoon();
  }

  #waiting(slot: ContainerSlot, waiting: WaitingReason): void {
    slot.state = { waiting: { reason: waiting.reason, message: waiting.message } };
    this.#reportSoon();
  }

  async #stopProcesses(graceMs: number): Promise<void> {
    const running = this.slots.filter(({ process }) => process?.running === true);
    for (const { spec } of running) {
      this.#event({ type: 'Normal', reason: 'Killing', message: `Stopping container ${spec.name}` }, spec);
    }
    await Promise.all(this.slots.map(({ process }) => process?.stop(graceMs)));
  }

  #armDeadline(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    clearTimeout(this.#deadline);
    if (seconds === undefined || this.#stopping.signal.aborted) return;
    const leftMs = this.#startTime.getTime() + seconds * 1000 - this.#environment.now().getTime();
    this.#deadline = setTimeout(
      () => {
        const message = 'Pod was active on the node longer than the specified deadline';
        this.#verdict = { phase: 'Failed', reason: 'DeadlineExceeded', message };
        this.#event({ type: 'Normal', reason: 'DeadlineExceeded', message });
        void this.stop(this.#graceMs()).then(() => this.#reportSoon());
      },
      Math.max(0, leftMs),
    );
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** Waits, or rejects at once when the pod is ending. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal });
  }

  #volumeContext(): Parameters<typeof makeVolume>[2] {
    return { root: join(this.#directory, 'volumes'), sources: this.#environment.sources };
  }

  #event(text: EventText, container?: ContainerSpec): void {
    const fieldPath = container === undefined ? {} : { fieldPath: `spec.containers{${container.name}}` };
    this.#environment.recorder.record(this.#pod, { ...text, ...fieldPath });
  }

  #reportSoon(): void {
    if (this.#report !== undefined) return;
    this.#report = setTimeout(() => {
      this.#report = undefined;
      this.#writeStatus();
    }, this.#environment.statusDelayMs);
  }

  #writeStatus(): void {
    const { store, now } = this.#environment;
    const { namespace, name } = this.#pod.metadata;
    const current = store.get(known.pods, namespace, name);
    if (current === undefined || current.metadata.uid !== this.uid) return;
    const pod = asPod(current);
    const status = podStatus({
      pod,
      slots: this.slots,
      verdict: this.#verdict,
      startTime: this.#startTime,
      now: now(),
    });
    if (JSON.stringify(status) !== JSON.stringify(pod.status)) store.put(known.pods, { ...pod, status });
  }
}
