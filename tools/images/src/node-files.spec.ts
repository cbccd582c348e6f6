import { describe, expect, it } from '@jest/globals';
import { librariesOf, nodeFiles } from './node-files.ts';

describe('librariesOf', () => {
  it('takes the paths, and not the virtual library without a file', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007f3110c20000)',
      '\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f3110b2a000)',
      '\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f3110c0a000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f3110c22000)',
    ].join('\n');
    expect(librariesOf(output)).toEqual([
      '/lib/x86_64-linux-gnu/libdl.so.2',
      '/lib/x86_64-linux-gnu/libm.so.6',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });
});

describe('nodeFiles', () => {
  it('lists every directory before what is in it', async () => {
    const seen = new Set(['']);
    for (const { path } of await nodeFiles()) {
      expect(seen).toContain(path.split('/').slice(0, -1).join('/'));
      seen.add(path);
    }
    expect(seen).toContain('usr/local/bin/node');
  });
});
