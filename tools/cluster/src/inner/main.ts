import { createReadStream, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { get } from 'node:https';
import { spawn } from 'node:child_process';
import { DATASTORE_PORT, type Component } from '../components.ts';
import { network } from '../network.ts';
import { poll } from '../poll.ts';
import { serveControl } from './control-server.ts';
import { forward } from './forward.ts';
import type { Plan } from './plan.ts';
import { setUpNamespaces } from './setup.ts';
import { Supervisor } from './supervisor.ts';

/** File descriptor of the listening socket that `up` made. */
const LISTENER_FD = 3;
const START_TIMEOUT_MS = 300_000;

// The last line of the log is what `up` tells when the cluster does not start.
process.once('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? ''}\n${error.message}\n`);
  process.exit(1);
});

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const { layout, components } = plan;
const ca = readFileSync(join(layout.pki, 'ca.crt'));
const images = { imported: [] as string[], failed: [] as string[], done: false };

setUpNamespaces(layout);
forward(LISTENER_FD, network.apiPort);
const supervisor = new Supervisor(layout.logs, components);
serveControl(layout.controlSocket, {
  status: () => ({ components: supervisor.status(), images }),
  kill: (name, downMs) => supervisor.kill(name, downMs),
  importImage: plan.importImage,
});
await Promise.all([startAll(), importAll()]);

async function startAll(): Promise<void> {
  const startThose = (after: Component['after']): void => {
    for (const component of components) if (component.after === after) supervisor.start(component);
  };
  startThose(undefined);
  // Asked too early, the API server loses a second in the back-off of its datastore client.
  await poll(async () => (await accepts(DATASTORE_PORT)) || undefined, { timeoutMs: START_TIMEOUT_MS, everyMs: 10 });
  startThose('datastore');
  await poll(async () => (await apiserverIsReady()) || undefined, { timeoutMs: START_TIMEOUT_MS });
  startThose('apiserver');
}

async function importAll(): Promise<void> {
  await poll(async () => ((await ends(plan.probeRuntime)) === 0 ? true : undefined), { timeoutMs: START_TIMEOUT_MS });
  for (const file of plan.images) {
    const code = await ends(plan.importImage, file);
    (code === 0 ? images.imported : images.failed).push(file);
  }
  images.done = true;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function apiserverIsReady(): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port: network.apiPort, path: '/readyz', ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}

function ends(argv: readonly string[], inputFile?: string): Promise<number | null> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
    child.once('error', () => resolve(127));
    child.once('close', resolve);
    child.stdin.on('error', () => undefined);
    if (inputFile === undefined) child.stdin.end();
    else createReadStream(inputFile).pipe(child.stdin);
  });
}
