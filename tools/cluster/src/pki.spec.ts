import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificates, makePki, type NodeNames } from './pki.ts';

const names: NodeNames = { node: 'n1', nodeIp: '10.0.0.1', serviceIp: '10.1.0.1' };

describe('makePki', () => {
  let directory = '';
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'danube-pki-'));
    await makePki(directory, names);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  const certificate = (name: string): X509Certificate => new X509Certificate(read(`${name}.crt`));

  it.each(certificates(names))('makes $name, signed by its authority, for its key and use', (request) => {
    const made = certificate(request.name);
    expect(made.checkIssued(certificate(request.ca))).toBe(true);
    expect(made.verify(certificate(request.ca).publicKey)).toBe(true);
    expect(made.checkPrivateKey(createPrivateKey(read(`${request.name}.key`)))).toBe(true);
    expect(`/${made.subject.replaceAll('\n', '/')}`).toBe(request.subject);
    expect(made.keyUsage).toEqual([request.usage === 'clientAuth' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1']);
    expect(made.ca).toBe(false);
  });

  it('makes authorities that may sign, and only these', () => {
    expect([certificate('ca').ca, certificate('front-proxy-ca').ca]).toEqual([true, true]);
    expect(certificate('front-proxy-client').checkIssued(certificate('ca'))).toBe(false);
  });

  it('names every address by which the API server is dialled', () => {
    const made = certificate('apiserver');
    for (const host of ['localhost', 'kubernetes.default.svc', 'n1']) expect(made.checkHost(host)).toBe(host);
    for (const ip of ['127.0.0.1', '10.0.0.1', '10.1.0.1']) expect(made.checkIP(ip)).toBe(ip);
    expect(made.checkIP('10.0.0.2')).toBeUndefined();
  });

  it('gives no two certificates one serial number', () => {
    const serials = certificates(names).map(({ name }) => certificate(name).serialNumber);
    expect(new Set(serials).size).toBe(serials.length);
  });

  it('leaves only certificates and keys, the keys for their owner alone', () => {
    for (const file of readdirSync(directory)) {
      expect(file).toMatch(/\.(crt|key|pub)$/);
      if (file.endsWith('.key')) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    }
  });
});
