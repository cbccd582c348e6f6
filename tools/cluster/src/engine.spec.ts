import { describe, expect, it } from '@jest/globals';
import { chooseEngine } from './engine.ts';

const nowhere = (): undefined => undefined;
const onPath = (program: string): string => (program.includes('/') ? program : `/usr/local/bin/${program}`);

describe('chooseEngine', () => {
  it('takes the existing cluster only when it is asked to', () => {
    const env = { KUBECONFIG: '/k' };
    expect(chooseEngine({ existing: true, env, which: onPath }).engine).toEqual({ kind: 'existing', kubeconfig: '/k' });
    expect(chooseEngine({ existing: false, env, which: nowhere }).engine).toEqual({ kind: 'source' });
  });

  it('takes k3s from K3S_BIN before PATH, and prefers it to a build', () => {
    expect(chooseEngine({ existing: false, env: {}, which: onPath }).engine).toEqual({
      kind: 'k3s',
      binary: '/usr/local/bin/k3s',
    });
    expect(chooseEngine({ existing: false, env: { K3S_BIN: '/opt/k3s' }, which: onPath }).engine).toEqual({
      kind: 'k3s',
      binary: '/opt/k3s',
    });
  });

  it('tells of every candidate, in the order of choice, up to the one it takes', () => {
    expect(chooseEngine({ existing: false, env: { KUBECONFIG: '/k' }, which: nowhere }).considered).toEqual([
      'existing cluster: no (KUBECONFIG is set, but --existing is not given)',
      'k3s binary: no (no K3S_BIN, none on PATH)',
      'Kubernetes from its Go module: taken',
    ]);
    expect(chooseEngine({ existing: false, env: {}, which: onPath }).considered).toEqual([
      'existing cluster: no (not asked for with --existing)',
      'k3s binary: taken, /usr/local/bin/k3s',
    ]);
  });

  it.each([undefined, ''])('refuses --existing with KUBECONFIG %p', (kubeconfig) => {
    const ask = () => chooseEngine({ existing: true, env: { KUBECONFIG: kubeconfig }, which: onPath });
    expect(ask).toThrow(/no existing cluster.*KUBECONFIG is not set/i);
  });

  it('refuses a K3S_BIN that cannot be run, instead of quietly taking another', () => {
    expect(() => chooseEngine({ existing: false, env: { K3S_BIN: '/none' }, which: nowhere })).toThrow(
      /K3S_BIN.*\/none/,
    );
  });
});
