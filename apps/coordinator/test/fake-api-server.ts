import { type EventBatch, eventBatchSchema, type JobEvent, outputBytes } from '@danube/contract';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to do with the next batches, one entry each: answer with a status, or break the connection. */
export type Trouble = number | 'reset' | 'store-and-reset' | 'silence';

/** The internal half of an api-server: stores events by number, and can be cancelled, broken and taken away. */
export class FakeApiServer implements AsyncDisposable {
  readonly events: JobEvent[] = [];
  readonly batches: EventBatch[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Consumed from the front. */
  trouble: Trouble[] = [];
  /** Longest body that is taken. */
  maxBodyBytes = Infinity;
  #cancel = false;
  #askers: ServerResponse[] = [];
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<FakeApiServer> {
    const server = new FakeApiServer();
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** All output of a stream, in the order in which it was numbered. */
  output(stream: 'stdout' | 'stderr'): Buffer {
    return Buffer.concat(
      this.events.flatMap((event) => (event.type === 'output' && event.stream === stream ? [outputBytes(event)] : [])),
    );
  }

  /** Types of all events but output. */
  get types(): string[] {
    return this.events.flatMap(({ type }) => (type === 'output' ? [] : [type]));
  }

  cancel(): void {
    this.#cancel = true;
    for (const asker of this.#askers.splice(0)) answer(asker, 200, { cancel: true });
  }

  /** Stops listening and breaks all connections. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.authorizations.push(request.headers.authorization);
    const { pathname } = new URL(request.url ?? '', this.url);
    if (pathname.endsWith('/control')) {
      if (this.#cancel) answer(response, 200, { cancel: true });
      else this.#askers.push(response);
      return;
    }
    const trouble = this.trouble.shift();
    if (trouble === 'reset') request.socket.destroy();
    if (trouble === 'reset' || trouble === 'silence') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const status = body.length > this.maxBodyBytes ? 413 : trouble;
    if (typeof status === 'number') {
      answer(response, status, { error: { code: 'TROUBLE', message: 'as told' } });
      return;
    }
    const batch = eventBatchSchema.parse(JSON.parse(body.toString()));
    this.batches.push(batch);
    for (const event of batch.events) if (event.seq === this.events.length + 1) this.events.push(event);
    if (trouble === 'store-and-reset') request.socket.destroy();
    else answer(response, 200, { ackSeq: this.events.length });
  }
}

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
