import { describe, expect, test } from '@jest/globals';
import { PathMap } from './path-map.ts';

const paths = new PathMap(
  [
    { inside: '/workspace', local: '/tmp/sim/w' },
    { inside: '/workspace/deep/', local: '/tmp/sim/deep' },
    { inside: '/tmp', local: '/tmp/sim/t' },
    { inside: '/', local: '/tmp/sim/root' },
  ],
  '/tmp/sim',
);

describe('paths of a container', () => {
  test.each([
    ['the whole value', '/workspace', '/tmp/sim/w'],
    ['a beginning', '/workspace/a/b', '/tmp/sim/w/a/b'],
    ['the longest mount', '/workspace/deep/x', '/tmp/sim/deep/x'],
    ['parts of a list', '/workspace:/usr:/tmp/x', '/tmp/sim/w:/usr:/tmp/sim/t/x'],
    ['the value of an option', '--dir=/workspace', '--dir=/tmp/sim/w'],
    [
      'a path in a script',
      'cat "/workspace/f" >/tmp/g; ls /workspace',
      'cat "/tmp/sim/w/f" >/tmp/sim/t/g; ls /tmp/sim/w',
    ],
    ['a longer name', '/workspaces /workspace-2 /workspace.bak', '/workspaces /workspace-2 /workspace.bak'],
    ['a path inside another', '/home/workspace http://host/workspace', '/home/workspace http://host/workspace'],
    ['a local path', '/tmp/sim/w/x', '/tmp/sim/w/x'],
    ['the root', '/ /usr/bin', '/ /usr/bin'],
  ])('%s', (_name, text, want) => {
    expect(paths.rewrite(text)).toBe(want);
  });

  test('what no volume covers cannot be resolved', () => {
    expect(paths.resolve('/workspace/x')).toBe('/tmp/sim/w/x');
    expect(paths.resolve('/app')).toBeUndefined();
    expect(new PathMap([], '/tmp/sim').rewrite('/workspace')).toBe('/workspace');
  });
});
