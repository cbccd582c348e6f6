import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '@danube/k8s-client';
import { postJson } from '../test/http-server.ts';
import { hello } from '../test/samples.ts';
import type { ApiServerOptions } from './options.ts';
import { startApiServer } from './start-api-server.ts';
import { VERSION } from './version.ts';

// A cluster that is not there: nothing listens on port 1.
let client: KubeClient;
let dir: string;
let options: ApiServerOptions;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'danube-api-'));
  client = new KubeClient({ server: 'http://127.0.0.1:1', source: 'test' });
  options = { host: '127.0.0.1', port: 0, dataDir: ':memory:', client };
});

afterEach(async () => {
  await client.close();
  rmSync(dir, { recursive: true });
});

describe('startApiServer', () => {
  it('serves without its cluster, and says that it is not ready', async () => {
    await using server = await startApiServer(options);
    expect((await postJson(`${server.url}/v1/jobs`, { pipeline: hello })).status).toBe(201);
    const { checks } = (await (await fetch(`${server.url}/readyz`)).json()) as {
      checks: { name: string; ok: boolean }[];
    };
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['store', true],
      ['kubernetes', false],
      ['pods', false],
    ]);
  });

  it('ends followers and long polls when it closes, at once, and can be closed twice', async () => {
    const server = await startApiServer({ ...options, dataDir: dir });
    const job = (await (await postJson(`${server.url}/v1/jobs`, { pipeline: hello })).json()) as { id: string };
    const follower = await fetch(`${server.url}/v1/jobs/${job.id}/logs?follow=1`);
    const startMs = performance.now();
    await Promise.all([server.close(), server.close()]);
    expect(await follower.text()).toContain('event: job.state');
    expect(performance.now() - startMs).toBeLessThan(3000);
    await expect(fetch(server.url)).rejects.toThrow();

    await using again = await startApiServer({ ...options, dataDir: dir });
    expect(await (await fetch(`${again.url}/v1/jobs/${job.id}`)).json()).toMatchObject({ id: job.id, state: 'queued' });
  });

  it('says what to do when something else listens on its port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const starting = startApiServer({ ...options, port });
    await expect(starting).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Something listens on 127.0.0.1:${port} already. Stop what listens there, or choose another port (DANUBE_PORT; 0 takes a free one).`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('leaves nothing open when it cannot start', async () => {
    const wrong = startApiServer({ ...options, dataDir: dir, host: '192.0.2.1' });
    await expect(wrong).rejects.toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
    await using server = await startApiServer({ ...options, dataDir: dir });
    await expect(startApiServer({ ...options, dataDir: dir })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('says what to do when its data directory cannot be used', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    await expect(startApiServer({ ...options, dataDir: file })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  it.each([
    ['port', { port: 70_000 }, 'port: expected a port, 0 to 65535, got 70000'],
    ['concurrency', { concurrency: 0 }, 'concurrency: expected a whole number above 0, got 0'],
    ['internalUrl', { internalUrl: 'danube' }, 'internalUrl: expected an http(s) URL, got "danube"'],
    ['dataDir', { dataDir: '' }, 'dataDir: expected a directory or ":memory:", got ""'],
  ])('refuses a wrong %s by its name', async (_name, wrong, message) => {
    await expect(startApiServer({ ...options, ...wrong })).rejects.toThrow(new TypeError(message));
  });
});

describe('VERSION', () => {
  it('is the version of the package', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
  });
});
