import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { CoordinatorError, messageOf } from '../errors.ts';

/** Longest answer that is read, in bytes: answers are a few words. */
const MAX_ANSWER_BYTES = 65_536;

/** Where the api-server is, and who we are. */
export type ApiConnectionOptions = {
  readonly url: string;
  readonly jobId: string;
  /** File with our token. It is read for each request, because it is rotated. */
  readonly tokenFile?: string;
};

/** One request about our job. */
export type ApiCall = {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/internal/jobs/:id`, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** Keeps a connection to the api-server. Plain `node:http`: it is there already and loads in no time. */
export class ApiConnection implements Disposable {
  readonly #base: string;
  readonly #tokenFile: string | undefined;
  readonly #agent: Agent;
  readonly #request: typeof httpRequest;

  constructor({ url, jobId, tokenFile }: ApiConnectionOptions) {
    const secure = new URL(url).protocol === 'https:';
    this.#base = `${url.replace(/\/+$/, '')}/v1/internal/jobs/${jobId}`;
    this.#tokenFile = tokenFile;
    this.#agent = secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    this.#request = secure ? httpsRequest : httpRequest;
  }

  /**
   * Sends one request and returns the JSON it was answered with. Tries once.
   *
   * @throws CoordinatorError `API_CONNECTION`, `API_STATUS` or `API_ANSWER`.
   */
  async call(call: ApiCall): Promise<unknown> {
    // By hand: `AbortSignal.any` would leave a trace on the caller's long-lived signal for each of many requests.
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, call.timeoutMs);
    call.signal.addEventListener('abort', abort);
    try {
      call.signal.throwIfAborted();
      return await this.#send(call, controller.signal);
    } catch (error) {
      if (error instanceof CoordinatorError) throw error;
      const late = controller.signal.aborted && !call.signal.aborted;
      const why = late ? `nothing within ${call.timeoutMs} ms` : messageOf(error);
      throw new CoordinatorError('API_CONNECTION', why, { cause: error });
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', abort);
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send({ method, path, body }: ApiCall, signal: AbortSignal): Promise<unknown> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
      ...(this.#tokenFile === undefined ? {} : { authorization: `Bearer ${await token(this.#tokenFile)}` }),
    };
    const answered = Promise.withResolvers<IncomingMessage>();
    const request = this.#request(`${this.#base}${path}`, { method, headers, agent: this.#agent, signal });
    request.on('response', answered.resolve).on('error', answered.reject).end(payload);
    const response = await answered.promise;
    const text = await read(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return parse(text);
    const retryAfterMs = secondsMs(response.headers['retry-after']);
    throw new CoordinatorError('API_STATUS', `HTTP ${status}`, { status, retryAfterMs });
  }
}

const token = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim();

const read = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new CoordinatorError('API_ANSWER', `more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CoordinatorError('API_ANSWER', 'no JSON', { cause: error });
  }
};

const secondsMs = (header: string | undefined): number | undefined => {
  const seconds = Number(header);
  return header === undefined || !Number.isFinite(seconds) ? undefined : Math.min(seconds, 60) * 1000;
};
