import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError } from './errors.ts';
import { run, tail } from './run.ts';

/** Addresses and names of the node, which its certificates must say. */
export type NodeNames = { readonly node: string; readonly nodeIp: string; readonly serviceIp: string };

/** A certificate to make. */
export type CertificateRequest = {
  readonly name: string;
  readonly ca: 'ca' | 'front-proxy-ca';
  /** In openssl's form: `/O=group/CN=user`. */
  readonly subject: string;
  readonly usage: 'clientAuth' | 'serverAuth';
  readonly alternativeNames?: readonly string[];
};

/** Every leaf certificate of the cluster. Kubernetes reads O as group and CN as user. */
export const certificates = ({ node, nodeIp, serviceIp }: NodeNames): readonly CertificateRequest[] => {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const client = (name: string, subject: string): CertificateRequest => ({
    name,
    ca: 'ca',
    subject,
    usage: 'clientAuth',
  });
  return [
    {
      name: 'apiserver',
      ca: 'ca',
      subject: '/CN=kube-apiserver',
      usage: 'serverAuth',
      alternativeNames: [...service, 'localhost', node]
        .map((name) => `DNS:${name}`)
        .concat([`IP:127.0.0.1`, `IP:${nodeIp}`, `IP:${serviceIp}`]),
    },
    {
      name: 'kubelet-server',
      ca: 'ca',
      subject: `/O=system:nodes/CN=system:node:${node}`,
      usage: 'serverAuth',
      alternativeNames: [`DNS:${node}`, `IP:${nodeIp}`, 'IP:127.0.0.1'],
    },
    client('apiserver-kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
    { ...client('front-proxy-client', '/CN=front-proxy-client'), ca: 'front-proxy-ca' },
    client('admin', '/O=system:masters/CN=admin'),
    client('kube-controller-manager', '/CN=system:kube-controller-manager'),
    client('kube-scheduler', '/CN=system:kube-scheduler'),
    client('kube-proxy', '/CN=system:kube-proxy'),
    client('kubelet', `/O=system:nodes/CN=system:node:${node}`),
  ];
};

/** The extension file of openssl for a certificate. */
export const extensionsOf = ({ usage, alternativeNames = [] }: CertificateRequest): string =>
  [
    'keyUsage=critical,digitalSignature,keyEncipherment',
    `extendedKeyUsage=${usage}`,
    ...(alternativeNames.length === 0 ? [] : [`subjectAltName=${alternativeNames.join(',')}`]),
    '',
  ].join('\n');

/** Makes both authorities, all certificates and the key of service account tokens, as `<name>.crt` and `<name>.key`. */
export const makePki = async (directory: string, names: NodeNames): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await Promise.all([
    makeAuthority(directory, 'ca', 'danube-ca'),
    makeAuthority(directory, 'front-proxy-ca', 'danube-front-proxy-ca'),
  ]);
  await Promise.all(certificates(names).map((request) => makeCertificate(directory, request)));
  const serviceAccounts = await makeKey(directory, 'sa');
  await writeFile(join(directory, 'sa.pub'), publicPem(serviceAccounts));
};

/** Reads a file of the PKI as text. */
export const readPki = (directory: string, file: string): Promise<string> => readFile(join(directory, file), 'utf8');

const makeKey = async (directory: string, name: string): Promise<KeyObject> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(join(directory, `${name}.key`), pem, { mode: 0o600 });
  return privateKey;
};

const publicPem = (key: KeyObject): string | Buffer => createPublicKey(key).export({ type: 'spki', format: 'pem' });

const makeAuthority = async (directory: string, name: string, commonName: string): Promise<void> => {
  await makeKey(directory, name);
  const subject = ['-subj', `/CN=${commonName}`, '-days', '3650'];
  const usage = ['keyUsage=critical,digitalSignature,keyCertSign,cRLSign', 'basicConstraints=critical,CA:TRUE'];
  await openssl(
    [
      'req',
      '-x509',
      '-new',
      '-key',
      `${name}.key`,
      ...subject,
      ...usage.flatMap((line) => ['-addext', line]),
      '-out',
      `${name}.crt`,
    ],
    directory,
  );
};

const makeCertificate = async (directory: string, request: CertificateRequest): Promise<void> => {
  const { name, ca, subject } = request;
  const key = await makeKey(directory, name);
  const [extensions, publicKey] = [`${name}.ext`, `${name}.pub`];
  await writeFile(join(directory, extensions), extensionsOf(request));
  await writeFile(join(directory, publicKey), publicPem(key));
  // A serial per certificate instead of openssl's serial file: all are made at the same time.
  const signer = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-set_serial', `0x01${randomBytes(8).toString('hex')}`];
  const about = ['-subj', subject, '-days', '3650', '-force_pubkey', publicKey, '-extfile', extensions];
  await openssl(['x509', '-new', ...about, ...signer, '-out', `${name}.crt`], directory);
  await Promise.all([extensions, publicKey].map((file) => rm(join(directory, file))));
};

const openssl = async (args: readonly string[], cwd: string): Promise<void> => {
  const { code, stderr } = await run(['openssl', ...args], { cwd });
  if (code !== 0) throw new ClusterError('PkiFailed', `openssl ${args[0] ?? ''}: ${tail(stderr)}`);
};
