import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

describe('An import of the package', () => {
  it('loads no HTTP, no TLS, no fetch, no processes and no workers: the first request loads what it needs', () => {
    const index = join(import.meta.dirname, 'index.ts');
    const program = `await import(${JSON.stringify(index)}); console.log(JSON.stringify(process.moduleLoadList))`;
    const argv = ['--conditions=@danube/source', '--disable-warning=ExperimentalWarning', '--input-type=module'];
    const printed = execFileSync(process.execPath, [...argv, '-e', program], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const loaded = JSON.parse(printed) as string[];
    const heavy = [
      'http',
      'https',
      'tls',
      'http2',
      'crypto',
      'child_process',
      'worker_threads',
      'internal/deps/undici/undici',
    ];
    expect(heavy.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
  });
});
