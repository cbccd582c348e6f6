import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { call } from './support/api.ts';

let sim: ClusterSim;
beforeAll(async () => {
  sim = await startClusterSim();
});
afterAll(() => sim.close());

const maps = '/api/v1/namespaces/default/configmaps';
const apply = (name: string, manager: string, data: object) =>
  call(sim, `${maps}/${name}?fieldManager=${manager}`, {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data },
  });
const merge = (name: string, manager: string, data: object) =>
  call(sim, `${maps}/${name}?fieldManager=${manager}`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { data },
  });

describe('server-side apply', () => {
  test('creates, and owns what it applied', async () => {
    const { status, body } = await apply('own', 'one', { a: '1' });
    expect(status).toBe(201);
    expect(body.metadata.managedFields).toEqual([
      expect.objectContaining({
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      }),
    ]);
  });

  test('removes what it applies no longer, but not what others own', async () => {
    await apply('shared', 'one', { a: '1', b: '1', c: '1' });
    await apply('shared', 'two', { b: '1', d: '1' });
    const { status, body } = await apply('shared', 'one', { a: '2' });
    expect(status).toBe(200);
    expect(body.data).toEqual({ a: '2', b: '1', d: '1' });
  });

  test('a change of what another owns is a conflict that names it, unless forced', async () => {
    await apply('fought', 'one', { a: '1', b: '1' });
    const { body } = await apply('fought', 'two', { a: '2', b: '2' });
    expect(body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.b' },
    ]);
    expect(body.message).toMatch(/^Apply failed with 2 conflicts: /);
    const forced = await apply('fought', 'two&force=true', { a: '2' });
    expect(forced.body.data).toEqual({ a: '2', b: '1' });
    const again = await apply('fought', 'one', { a: '1', b: '1' });
    expect(again.body.message).toBe('Apply failed with 1 conflict: conflict with "two": .data.a');
  });

  test('the same value is shared, not fought over', async () => {
    await apply('same', 'one', { a: '1' });
    expect((await apply('same', 'two', { a: '1' })).status).toBe(200);
  });

  test('a plain write takes the fields that it changes', async () => {
    await apply('taken', 'one', { a: '1', b: '1' });
    const { body } = await merge('taken', 'editor', { a: '2' });
    expect(body.metadata.managedFields).toMatchObject([
      { manager: 'one', fieldsV1: { 'f:data': { 'f:b': {} } } },
      { manager: 'editor', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]);
    expect((await apply('taken', 'one', { a: '1', b: '1' })).body.message).toContain('conflict with "editor"');
  });

  test('items of lists are owned one by one', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments/d';
    const deploy = (manager: string, containers: object[]) =>
      call(sim, `${path}?fieldManager=${manager}`, {
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd' },
          spec: { template: { spec: { containers } } },
        },
      });
    await deploy('one', [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ]);
    await deploy('two', [{ name: 'side', image: 's:1' }]);
    const { body } = await deploy('one', [{ name: 'a', image: 'a:2' }]);
    expect(body.spec.template.spec.containers).toEqual([
      { name: 'a', image: 'a:2' },
      { name: 'side', image: 's:1' },
    ]);
    const conflict = await deploy('two', [{ name: 'a', image: 'a:3' }]);
    expect(conflict.body.details.causes[0].field).toBe('.spec.template.spec.containers[name="a"].image');
  });

  test('a manager must be named, and managedFields cannot be sent', async () => {
    const nameless = await call(sim, `${maps}/x`, {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      body: {},
    });
    expect(nameless.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('fieldManager: Required value'),
    });
    const faked = await call(sim, `${maps}/x?fieldManager=one`, {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      body: { metadata: { managedFields: [] } },
    });
    expect(faked.status).toBe(400);
  });
});
