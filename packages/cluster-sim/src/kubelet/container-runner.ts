import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiTime } from '../objects.ts';
import type { Pod, TerminatedState } from '../pods/pod-types.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerProcess, exitCodeOf, type ProcessEnd } from './container-process.ts';
import type { ContainerSlot } from './container-slot.ts';
import { ContainerConfigError } from './environment.ts';
import type { EventText } from './event-recorder.ts';
import { imageProblem, type WaitingReason } from './image.ts';
import type { KubeletEnvironment } from './kubelet.ts';
import { prepareContainer } from './prepare-container.ts';

/** The pod around a container, as far as the container's life depends on it. */
export interface PodContext {
  readonly environment: KubeletEnvironment;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  readonly directory: string;
  /** Volume name to local directory. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Aborted when the pod is ending: nothing is started any more. */
  readonly stopping: AbortSignal;
  readonly event: (text: EventText) => void;
  /** Called when the status has something new to say. */
  readonly changed: () => void;
}

/** Backoff between tries, as the kubelet's: it doubles up to the limit. */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;
const RETRY_MS = 1_000;
const MAX_LOG_MESSAGE_BYTES = 2048;
const MAX_LOG_MESSAGE_LINES = 80;
const EPOCH = '1970-01-01T00:00:00Z';

const startError = (program: string, error: NodeJS.ErrnoException): string => {
  const missing = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  const known: Readonly<Record<string, string>> = { ENOENT: missing, EACCES: 'permission denied' };
  const why = known[error.code ?? ''] ?? error.message;
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: ${JSON.stringify(program)}: ${why}: unknown`;
};

/** Runs one container of a pod: waits for what it needs, starts it, starts it again as the policy says. */
export class ContainerRunner {
  readonly #slot: ContainerSlot;
  readonly #context: PodContext;

  constructor(slot: ContainerSlot, context: PodContext) {
    this.#slot = slot;
    this.#context = context;
  }

  /** Runs until the container has ended for good or the pod is ending. `onStart` is called with each start. */
  async run(onStart?: () => void): Promise<void> {
    const slot = this.#slot;
    for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      const process = await this.#start();
      if (process !== undefined) {
        onStart?.();
        await this.#ended(process, await process.ended);
      }
      if (slot.state.terminated === undefined || !this.#restarts()) return;
      slot.restartCount += 1;
      slot.lastState = slot.state;
      if (slot.restartCount > 1) await this.#backOff(backoff / 2); // the first restart is at once
      if (this.#context.stopping.aborted) return;
    }
  }

  #restarts(): boolean {
    if (this.#context.stopping.aborted) return false;
    const { role, state } = this.#slot;
    const policy = role === 'sidecar' ? 'Always' : this.#context.pod().spec.restartPolicy;
    const failed = state.terminated?.exitCode !== 0;
    return policy === 'Always' ? role !== 'init' || failed : policy === 'OnFailure' && failed;
  }

  async #backOff(ms: number): Promise<void> {
    const { name: pod, namespace = '', uid } = this.#context.pod().metadata;
    const where = `${this.#slot.spec.name} in pod ${pod}_${namespace}(${uid})`;
    const message = `back-off ${ms / 1000}s restarting failed container=${this.#slot.spec.name} pod=${pod}_${namespace}(${uid})`;
    this.#waiting({ reason: 'CrashLoopBackOff', message });
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${where}`);
    await this.#pause(ms);
  }

  /** The started process; undefined when it could not be started or when the pod is ending. */
  async #start(): Promise<ContainerProcess | undefined> {
    await this.#imageReady();
    while (!this.#context.stopping.aborted) {
      try {
        return await this.#launch();
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error;
        this.#waiting({ reason: 'CreateContainerConfigError', message: error.message });
        this.#event('Warning', 'Failed', `Error: ${error.message}`);
        await this.#pause(RETRY_MS);
      }
    }
    return undefined;
  }

  async #imageReady(): Promise<void> {
    const { image = '', imagePullPolicy } = this.#slot.spec;
    let backoff = FIRST_BACKOFF_MS;
    while (!this.#context.stopping.aborted) {
      const problem = imageProblem(image, imagePullPolicy);
      if (problem === undefined) return;
      await this.#reportImage(image, problem);
      await this.#pause(backoff);
      backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
    }
  }

  async #reportImage(image: string, problem: WaitingReason): Promise<void> {
    this.#waiting(problem);
    if (problem.reason === 'InvalidImageName') {
      this.#event('Warning', 'InspectFailed', problem.message);
      return;
    }
    if (problem.reason === 'ErrImagePull') {
      this.#event('Normal', 'Pulling', `Pulling image "${image}"`);
      this.#event('Warning', 'Failed', `Failed to pull image "${image}": ${problem.message}`);
    }
    this.#event('Warning', 'Failed', `Error: ${problem.reason}`);
    if (problem.reason !== 'ErrImagePull') return;
    await this.#pause(RETRY_MS);
    const message = `Back-off pulling image "${image}"`;
    this.#waiting({ reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${problem.message}` });
    this.#event('Normal', 'BackOff', message);
  }

  async #launch(): Promise<ContainerProcess | undefined> {
    const slot = this.#slot;
    const { environment, directory, volumes, stopping } = this.#context;
    const { image = '', name } = slot.spec;
    const spec = prepareContainer(this.#context.pod(), slot, { ...environment, volumes, root: directory });
    this.#event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
    slot.previousLog = slot.log;
    slot.log = new ContainerLog(join(directory, 'logs', name, `${slot.restartCount}.log`), environment.now);
    slot.containerId = randomBytes(32).toString('hex');
    this.#event('Normal', 'Created', `Created container: ${name}`);
    const process = await ContainerProcess.start(spec, slot.log).catch((error: unknown) => {
      this.#notStarted(spec.argv[0] ?? '', error as NodeJS.ErrnoException);
    });
    if (process === undefined) return undefined;
    slot.process = process;
    environment.onStart(process);
    slot.state = { running: { startedAt: apiTime(environment.now()) } };
    this.#event('Normal', 'Started', `Started container ${name}`);
    this.#context.changed();
    if (stopping.aborted) await process.stop(0); // told to stop while it was starting
    return process;
  }

  #notStarted(program: string, error: NodeJS.ErrnoException): void {
    this.#slot.log?.close();
    const message = startError(program, error);
    const { name, namespace = '' } = this.#context.pod().metadata;
    this.#context.environment.log(
      `container ${this.#slot.spec.name} of ${namespace}/${name} did not start: ${message}`,
    );
    this.#terminated({ exitCode: 128, reason: 'StartError', message, startedAt: EPOCH });
    this.#event('Warning', 'Failed', `Error: ${message}`);
  }

  async #ended(process: ContainerProcess, end: ProcessEnd): Promise<void> {
    const { spec, state, log, oomKilled } = this.#slot;
    this.#slot.oomKilled = false;
    this.#context.environment.onEnd(process);
    const exitCode = exitCodeOf(end);
    let message = process.terminationMessage();
    if (message === '' && exitCode !== 0 && spec.terminationMessagePolicy === 'FallbackToLogsOnError') {
      message = (await log?.tail(MAX_LOG_MESSAGE_BYTES, MAX_LOG_MESSAGE_LINES)) ?? '';
    }
    this.#terminated({
      exitCode,
      reason: oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
      ...(message === '' ? {} : { message }),
      startedAt: state.running?.startedAt ?? null,
    });
  }

  #terminated(state: Omit<TerminatedState, 'finishedAt' | 'containerID'>): void {
    const containerID = `process://${this.#slot.containerId ?? ''}`;
    const finishedAt = apiTime(this.#context.environment.now());
    this.#slot.state = { terminated: { ...state, finishedAt, containerID } };
    this.#context.changed();
  }

  #waiting({ reason, message }: { readonly reason: string; readonly message: string }): void {
    this.#slot.state = { waiting: { reason, message } };
    this.#context.changed();
  }

  #event(type: EventText['type'], reason: string, message: string): void {
    this.#context.event({ type, reason, message, fieldPath: `spec.containers{${this.#slot.spec.name}}` });
  }

  /** Waits, or returns at once when the pod is ending. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#context.stopping }).catch(() => undefined);
  }
}
