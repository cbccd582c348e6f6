import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupProcesses, clearCgroups, hierarchiesOf, makeCgroups } from './cgroups.ts';

const v1 = [
  'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
  'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
];

describe('hierarchiesOf', () => {
  it.each([
    {
      machine: 'v2',
      mounts: ['proc /proc proc rw 0 0', 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0'],
      want: { version: 2, roots: ['/sys/fs/cgroup'], also: [] },
    },
    {
      machine: 'v1',
      mounts: v1,
      want: { version: 1, roots: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/memory'], also: [] },
    },
    {
      machine: 'v1 with a v2 mount beside it',
      mounts: [...v1, 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0'],
      want: { version: 1, roots: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/memory'], also: ['/sys/fs/cgroup/unified'] },
    },
    { machine: 'no cgroups', mounts: ['cgroup2 /somewhere cgroup2 rw 0 0'], want: { version: 2, roots: [], also: [] } },
  ])('reads a machine with $machine', ({ mounts, want }) => {
    expect(hierarchiesOf(mounts.join('\n'))).toEqual(want);
  });
});

describe('a cluster in the hierarchies', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'danube-cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('on v1 gets the processors and memory of its parent, without which it can hold no process', async () => {
    writeFileSync(join(root, 'cpuset.cpus'), '0-1\n');
    writeFileSync(join(root, 'cpuset.mems'), '0\n');
    expect(await makeCgroups('a-1', { version: 1, roots: [root], also: [] })).toEqual([
      join(root, 'danube-a-1/node/cgroup.procs'),
    ]);
    for (const path of ['danube-a-1', 'danube-a-1/node']) {
      expect(readFileSync(join(root, path, 'cpuset.cpus'), 'utf8')).toBe('0-1\n');
      expect(readFileSync(join(root, path, 'cpuset.mems'), 'utf8')).toBe('0\n');
    }
  });

  it('on v2 gets the controllers that its parent has', async () => {
    mkdirSync(join(root, 'danube-a-1'));
    for (const path of ['', 'danube-a-1'])
      writeFileSync(join(root, path, 'cgroup.controllers'), 'cpu io memory pids misc\n');
    expect(await makeCgroups('a-1', { version: 2, roots: [root], also: [] })).toHaveLength(1);
    for (const path of ['', 'danube-a-1']) {
      expect(readFileSync(join(root, path, 'cgroup.subtree_control'), 'utf8')).toBe('+cpu +memory +pids +io');
    }
  });

  it('is looked for in every hierarchy, at every depth', async () => {
    const deep = join(root, 'danube-a-1/kubepods/pod1');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'cgroup.procs'), '12\n34\n');
    writeFileSync(join(root, 'cgroup.procs'), '56\n');
    expect(await cgroupProcesses('a-1', { version: 1, roots: ['/nowhere'], also: [root] })).toEqual([12, 34]);
  });

  it('is removed with all below it, and nothing beside it', async () => {
    mkdirSync(join(root, 'danube-a-1/kubepods/pod1'), { recursive: true });
    mkdirSync(join(root, 'danube-a-2'));
    expect(await clearCgroups('a-1', { version: 1, roots: [root], also: [] }, 1000)).toBe(true);
    expect(() => rmSync(join(root, 'danube-a-1'))).toThrow(/ENOENT/);
    rmSync(join(root, 'danube-a-2'), { recursive: true });
  });

  it('is said to be left when it cannot be removed', async () => {
    mkdirSync(join(root, 'danube-a-1'));
    writeFileSync(join(root, 'danube-a-1/file'), '');
    expect(await clearCgroups('a-1', { version: 1, roots: [root], also: [] }, 50)).toBe(false);
  });
});
