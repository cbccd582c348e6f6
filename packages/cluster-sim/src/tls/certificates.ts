import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bits, boolean, context, integer, octets, oid, sequence, set, utcTime, utf8 } from './der.ts';

/** A certificate and its private key, both as PEM. */
export interface KeyPairPem {
  readonly cert: string;
  readonly key: string;
}

/** What the server needs to listen, and what clients need to trust it. */
export interface ServerCertificates {
  readonly caPem: string;
  readonly server: KeyPairPem;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const DAY_MS = 86_400_000;
const VALID_DAYS = 365;

interface Template {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const name = (commonName: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyId = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20);
const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

const toPem = (der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};

const issue = (template: Template, now: Date): string => {
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive and without leading zero, as RFC 5280 4.1.2.2 asks
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    name(template.issuer),
    sequence(
      utcTime(new Date(now.getTime() - DAY_MS)), // a day back: clients with a slow clock
      utcTime(new Date(now.getTime() + VALID_DAYS * DAY_MS)),
    ),
    name(template.subject),
    spki(template.publicKey),
    context(
      3,
      sequence(
        ...template.extensions,
        extension('2.5.29.14', octets(keyId(template.publicKey))),
        extension('2.5.29.35', sequence(context(0, keyId(template.issuerKey), 'primitive'))),
      ),
    ),
  );
  return toPem(sequence(body, ECDSA_SHA256, bits(sign('sha256', body, template.signingKey))));
};

const ipBytes = (address: string): Buffer =>
  isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : Buffer.concat([Buffer.alloc(15), Buffer.from([1])]);

const alternativeNames = (dns: readonly string[], addresses: readonly string[]): Buffer =>
  sequence(
    ...dns.map((entry) => context(2, Buffer.from(entry), 'primitive')),
    ...addresses.map((entry) => context(7, ipBytes(entry), 'primitive')),
  );

/**
 * Makes a CA and a server certificate signed by it, valid for a year. Fresh keys each time; the CA's key is thrown away,
 * so nothing else can ever be signed with it. Takes about a millisecond.
 */
export const makeServerCertificates = (host: string, now: Date): ServerCertificates => {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'cluster-sim-ca';
  const caPem = issue(
    {
      subject: issuer,
      issuer,
      publicKey: ca.publicKey,
      signingKey: ca.privateKey,
      issuerKey: ca.publicKey,
      extensions: [
        extension('2.5.29.19', sequence(boolean(true)), true),
        extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true), // keyCertSign, cRLSign
      ],
    },
    now,
  );
  const dns = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const addresses = new Set(['127.0.0.1', '::1', ...(isIPv4(host) ? [host] : [])]);
  const cert = issue(
    {
      subject: 'cluster-sim',
      issuer,
      publicKey: server.publicKey,
      signingKey: ca.privateKey,
      issuerKey: ca.publicKey,
      extensions: [
        extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true), // digitalSignature
        extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
        extension('2.5.29.17', alternativeNames(dns, [...addresses])),
      ],
    },
    now,
  );
  return { caPem, server: { cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() } };
};
