import { type EventBatch, type JobEvent, outputBytes } from '@danube/contract';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An api-server that keeps events by number, notices when a number comes with another content, and breaks every third answer. */
export class EventStore implements AsyncDisposable {
  readonly events: JobEvent[] = [];
  readonly contradictions: JobEvent[] = [];
  /** Breaks every connection while it is away. */
  isAway = false;
  #batches = 0;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  output(step: number, stream: 'stdout' | 'stderr'): string {
    const pieces = this.events.flatMap((event) =>
      event.type === 'output' && event.step === step && event.stream === stream ? [outputBytes(event)] : [],
    );
    return Buffer.concat(pieces).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isAway) request.socket.destroy();
    if (this.isAway || request.url?.includes('/control') === true) return;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as EventBatch;
    for (const event of events) this.#keep(event);
    if (++this.#batches % 3 === 0) request.socket.destroy();
    else response.writeHead(200).end(JSON.stringify({ ackSeq: this.events.length }));
  }

  #keep(event: JobEvent): void {
    const known = this.events[event.seq - 1];
    if (event.seq === this.events.length + 1) this.events.push(event);
    else if (JSON.stringify(known) !== JSON.stringify(event)) this.contradictions.push(event);
  }
}
