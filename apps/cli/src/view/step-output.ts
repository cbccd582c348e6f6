import { outputBytes, type OutputEvent } from '@danube/contract';
import { LineSplitter } from './line-splitter.ts';

/** A line of a step's output, not yet cleaned. */
export type OutputLine = { readonly step: number; readonly stream: OutputEvent['stream']; readonly text: string };

/** Makes lines of the output events of all steps: a line ends where its own stream says so. */
export class StepOutput {
  readonly #splitters = new Map<string, { readonly splitter: LineSplitter } & Omit<OutputLine, 'text'>>();

  /** Lines that are complete with this event. */
  push(event: OutputEvent): OutputLine[] {
    const { step, stream } = event;
    const key = `${step} ${stream}`;
    const entry = this.#splitters.get(key) ?? { splitter: new LineSplitter(), step, stream };
    this.#splitters.set(key, entry);
    return entry.splitter.push(outputBytes(event)).map((text) => ({ step, stream, text }));
  }

  /** What is left of a step that has ended, or of all steps. */
  end(step?: number): OutputLine[] {
    const lines: OutputLine[] = [];
    for (const [key, entry] of this.#splitters) {
      if (step !== undefined && entry.step !== step) continue;
      this.#splitters.delete(key);
      lines.push(...entry.splitter.end().map((text) => ({ step: entry.step, stream: entry.stream, text })));
    }
    return lines;
  }
}
