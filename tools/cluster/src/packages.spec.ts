import { describe, expect, it } from '@jest/globals';
import { missingPackages, nodeNeeds, sourceNeeds } from './packages.ts';

const nothing = (): undefined => undefined;
const everything = (program: string): string => `/usr/bin/${program}`;

describe('missingPackages', () => {
  it('names the Debian package of each missing program', () => {
    expect(missingPackages(nodeNeeds, nothing)).toEqual(
      expect.arrayContaining(['busybox-static', 'iproute2', 'iptables', 'openssl', 'util-linux']),
    );
    expect(missingPackages(sourceNeeds, nothing)).toEqual(['containerd', 'runc']);
  });

  it('names nothing that is there', () => {
    expect(missingPackages(sourceNeeds, everything)).toEqual([]);
    expect(missingPackages(sourceNeeds, (program) => (program === 'runc' ? undefined : '/x'))).toEqual(['runc']);
  });
});
