import { describe, expect, it } from '@jest/globals';
import { settingsOf } from './settings.ts';

const env = { HOME: '/home/someone' };

describe('settingsOf', () => {
  it('puts a cluster below the cache directory of the user', () => {
    expect(settingsOf({}, env)).toMatchObject({
      name: 'danube',
      port: 0,
      cacheDir: '/home/someone/.cache/danube',
      stateDir: '/home/someone/.cache/danube/clusters/danube',
    });
    expect(settingsOf({}, { ...env, XDG_CACHE_HOME: '/c' }).cacheDir).toBe('/c/danube');
    expect(settingsOf({}, { ...env, XDG_CACHE_HOME: 'relative' }).cacheDir).toBe('/home/someone/.cache/danube');
  });

  it('tells clusters of one name in two cache directories apart', () => {
    const [one, two] = ['/one', '/two'].map((XDG_CACHE_HOME) => settingsOf({}, { XDG_CACHE_HOME }).instance);
    expect(one).toMatch(/^danube-[0-9a-f]{6}$/);
    expect(one).not.toBe(two);
  });

  it.each(['', 'Danube', '1a', 'a/b', '../a', 'a'.repeat(21)])('refuses the name "%s"', (name) => {
    expect(() => settingsOf({ name }, env)).toThrow(/--name: expected/);
  });

  it.each(['-1', '65536', '1.5', 'http'])('refuses the port "%s"', (port) => {
    expect(() => settingsOf({ port }, env)).toThrow(/--port: expected/);
  });
});
