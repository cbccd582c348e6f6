import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { NodeStatus } from './plan.ts';

/** What the control socket can do. */
export type ControlTarget = {
  readonly status: () => NodeStatus;
  readonly kill: (component: string, downMs: number) => Promise<boolean>;
  readonly importImage: readonly string[];
};

/** Answers `GET /status`, `POST /restart?component=&downMs=` and `POST /images` (an OCI layout tar as body). */
export const serveControl = (socketPath: string, target: ControlTarget): Server =>
  createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://control');
    if (request.method === 'GET' && url.pathname === '/status') answer(response, 200, target.status());
    else if (request.method === 'POST' && url.pathname === '/restart') void restart(url, response, target);
    else if (request.method === 'POST' && url.pathname === '/images')
      importImage(request, response, target.importImage);
    else answer(response, 404, { message: `no such command: ${url.pathname}` });
  }).listen(socketPath);

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const restart = async (url: URL, response: ServerResponse, target: ControlTarget): Promise<void> => {
  const name = url.searchParams.get('component') ?? '';
  if (await target.kill(name, Number(url.searchParams.get('downMs') ?? 0))) {
    answer(response, 200, {});
    return;
  }
  const running = target.status().components.filter(({ state }) => state === 'running');
  answer(response, 404, { message: `not running: ${name} (running: ${running.map((each) => each.name).join(', ')})` });
};

const importImage = (request: IncomingMessage, response: ServerResponse, argv: readonly string[]): void => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.on('error', () => undefined); // it may refuse the rest of a bad file; its exit code says so
  request.pipe(child.stdin);
  child.once('error', (error) => {
    output += error.message; // `close` follows
  });
  child.once('close', (code) => answer(response, code === 0 ? 200 : 422, { message: output.trim() }));
};
