import { durationText, type JobEvent, memoryText, outputBytes, type Pipeline } from '@danube/contract';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { messageOf } from '../errors.ts';
import type { Numbered } from './lane.ts';
import type { Delivery, Reporter } from './reporter.ts';

/** Where output goes when there is no api-server. */
export type PlainStreams = { readonly stdout: Writable; readonly stderr: Writable };

/**
 * Writes output of steps as it is to our own streams, and what happens to steps as lines beginning with `danube:` to
 * stderr. Stdout holds nothing but the steps' own bytes.
 */
export class PlainReporter implements Reporter {
  readonly #pipeline: Pipeline;
  readonly #streams: PlainStreams;

  constructor(pipeline: Pipeline, streams: PlainStreams) {
    this.#pipeline = pipeline;
    this.#streams = streams;
  }

  async deliver(events: AsyncIterable<Numbered>, signal: AbortSignal): Promise<Delivery> {
    try {
      for await (const { event } of events) {
        if (event.type === 'output') await write(this.#streams[event.stream], outputBytes(event), signal);
        else await write(this.#streams.stderr, this.#line(event), signal);
      }
      return { complete: true };
    } catch (error) {
      return { complete: false, why: messageOf(error) };
    }
  }

  #line(event: Exclude<JobEvent, { type: 'output' }>): string {
    if (event.type === 'job.started') return line(`job of pipeline ${this.#pipeline.id}`);
    if (event.type === 'job.finished') return line(`job ${event.state}`, event.reason?.message);
    const { steps } = this.#pipeline;
    const name = `step ${event.step + 1}/${steps.length} ${steps[event.step]?.name ?? ''}`;
    if (event.type === 'step.finished') return line(`${name}: ${ending(event)}`, event.reason?.message);
    if (event.type === 'step.skipped') return line(`${name}: skipped`);
    return line(event.attempt === 1 ? name : `${name}: attempt ${event.attempt}`);
  }
}

const ending = ({
  state,
  durationMs,
  memoryPeakBytes,
  retried,
}: Extract<JobEvent, { type: 'step.finished' }>): string =>
  [
    // Without an exit record nobody knows how long it took.
    durationMs === 0 && state !== 'succeeded' ? state : `${state} after ${durationText(durationMs)}`,
    ...(memoryPeakBytes === undefined ? [] : [`peak memory ${memoryText(memoryPeakBytes)}`]),
    ...(retried === true ? ['tried again'] : []),
  ].join(', ');

const line = (text: string, why?: string): string => `danube: ${text}${why === undefined ? '' : ` (${why})`}\n`;

const write = async (stream: Writable, data: Buffer | string, signal: AbortSignal): Promise<void> => {
  if (!stream.write(data)) await once(stream, 'drain', { signal });
};
