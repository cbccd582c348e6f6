import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OciClient } from '../src/index.ts';
import { end, type FakeRegistry, startFakeRegistry } from './fake-registry.ts';

let fake: FakeRegistry;
let client: OciClient;

beforeEach(async () => {
  fake = await startFakeRegistry();
  client = new OciClient({ registry: fake.url, idleTimeoutMs: 2_000 });
});
afterEach(async () => {
  await client.close();
  await fake[Symbol.asyncDispose]();
});

const probe = () => client.repository('canary').probeWrite();
const methods = () => fake.seen.map(({ method }) => method);
/** Bodies of distribution 2.8.2 and 3.1, which answers 200 to all its health checks at the same time. */
const unknown = (message: string) =>
  JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'unknown error', detail: { Err: { Err: message } } }] });

describe('probeWrite', () => {
  it('writes, takes it back, and leaves no blob and no upload', async () => {
    await probe();
    expect(methods()).toEqual(['POST', 'PATCH', 'DELETE']);
    expect(fake.blobs.size).toBe(0);
    expect(fake.uploads.size).toBe(0);
  });

  it.each([
    { method: 'PATCH', status: 500, body: unknown('write …/data: no space left on device'), code: 'StorageFull' },
    { method: 'POST', status: 500, body: unknown('mkdir …: permission denied'), code: 'StorageUnwritable' },
    { method: 'POST', status: 405, body: '{"errors":[{"code":"UNSUPPORTED"}]}', code: 'Unsupported' },
  ])('says $code after $method $status, and does not try again', async ({ method, status, body, code }) => {
    fake.misbehave((request, response, seen) => {
      if (seen.method !== method) return false;
      request.resume();
      return end(response, status, { body });
    });
    await expect(probe()).rejects.toMatchObject({ code });
    expect(methods().filter((each) => each === method)).toHaveLength(1);
  });
});
