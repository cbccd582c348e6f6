import { isForbidden } from '@danube/k8s-client';
import { describe, expect, it } from '@jest/globals';
import { failure, unique, until, type Workplace } from './workplace.ts';

/** Who the client is, and what that lets it do. */
export const describeIdentity = ({ client, connect, namespace }: Workplace): void => {
  it('is told, and what it may do', async () => {
    expect((await client().whoAmI()).username).toMatch(/./);
    expect(await client().canI({ verb: 'create', resource: 'pods', namespace })).toBe(true);
  });

  it('is somebody else’s by impersonation, with groups and all', async () => {
    const impersonate = { user: 'jane', groups: ['sailors'], extra: { scopes: ['a', 'b'] } };
    await using jane = connect({ impersonate });
    const { username, groups, extra } = await jane.whoAmI();
    expect([username, groups, extra]).toEqual(['jane', ['sailors', 'system:authenticated'], { scopes: ['a', 'b'] }]);
  });

  describe('of a service account', () => {
    const make = async () => {
      const name = unique('robot');
      await client().serviceAccounts(namespace).create({ metadata: { name } });
      return name;
    };

    it('is a token for an audience', async () => {
      const name = await make();
      const audiences = ['someone'];
      const options = { audiences, expirationSeconds: 7200 };
      const { token, expiresAt } = await client().serviceAccounts(namespace).createToken(name, options);
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
      expect(claims).toMatchObject({ aud: audiences, sub: `system:serviceaccount:${namespace}:${name}` });
      expect(Math.round((expiresAt.getTime() - Date.now()) / 60_000)).toBe(120);
    });

    it('opens nothing that no role allows', async () => {
      const name = await make();
      const { token } = await client().serviceAccounts(namespace).createToken(name);
      await using robot = connect({ token });
      const who = await robot.whoAmI();
      expect([who.username, who.groups]).toEqual([
        `system:serviceaccount:${namespace}:${name}`,
        ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ]);
      const error = await failure(robot.configMaps(namespace).list());
      expect(isForbidden(error)).toBe(true);
      expect(error).toMatchObject({ details: { kind: 'configmaps' } });
      expect((error as Error).message).toContain(
        `User "system:serviceaccount:${namespace}:${name}" cannot list resource "configmaps" in API group "" in the namespace "${namespace}"`,
      );
      expect(await robot.canI({ verb: 'list', resource: 'configmaps', namespace })).toBe(false);

      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
      await client().roles(namespace).create({ metadata: { name }, rules });
      await client()
        .roleBindings(namespace)
        .create({
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        });
      await until(() => robot.canI({ verb: 'list', resource: 'configmaps', namespace }));
      await robot.configMaps(namespace).list();
      expect(isForbidden(await failure(robot.configMaps(namespace).get('any')))).toBe(true);
      expect(isForbidden(await failure(robot.configMaps('default').list()))).toBe(true);
    }, 20_000);
  });
};
