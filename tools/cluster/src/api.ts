import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { readPki } from './pki.ts';

/** An answer of the API server; status 0 when there was none. */
export type ApiAnswer = { readonly status: number; readonly body: unknown };

/** What the tool itself asks of the API server: enough to see that it is up, and to apply objects. */
export class Api {
  readonly #port: number;
  readonly #agent: Agent;

  private constructor(port: number, agent: Agent) {
    this.#port = port;
    this.#agent = agent;
  }

  /** A client with the rights of the administrator. Opens nothing before the first request. */
  static async open(pkiDir: string, port: number): Promise<Api> {
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'admin.crt', 'admin.key'].map((file) => readPki(pkiDir, file)),
    );
    return new Api(port, new Agent({ keepAlive: true, ...{ ca, cert, key } }));
  }

  /** Never rejects. */
  get(path: string): Promise<ApiAnswer> {
    return this.#send('GET', path);
  }

  /** Makes an object what `object` says (server-side apply). Never rejects. */
  apply(path: string, object: unknown): Promise<ApiAnswer> {
    return this.#send('PATCH', `${path}?fieldManager=danube-cluster&force=true`, JSON.stringify(object));
  }

  /** Closes its connections. */
  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: string): Promise<ApiAnswer> {
    return new Promise((resolve) => {
      const headers = { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' };
      const outgoing = request({
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method,
        path,
        headers,
        timeout: 5000,
      });
      outgoing.once('timeout', () => outgoing.destroy());
      outgoing.once('error', () => resolve({ status: 0, body: undefined }));
      outgoing.once('response', (response) => {
        const status = response.statusCode ?? 0;
        json(response).then(
          (parsed) => resolve({ status, body: parsed }),
          () => resolve({ status, body: undefined }), // /readyz answers in plain text
        );
      });
      outgoing.end(body);
    });
  }
}
