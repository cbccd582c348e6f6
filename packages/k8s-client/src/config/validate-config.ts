import type { ClusterConfig } from './cluster-config.ts';

const exclusive: readonly (readonly [keyof ClusterConfig, keyof ClusterConfig])[] = [
  ['caPem', 'caFile'],
  ['token', 'tokenFile'],
  ['clientCertPem', 'clientCertFile'],
  ['clientKeyPem', 'clientKeyFile'],
  ['token', 'username'],
  ['tokenFile', 'username'],
  ['exec', 'token'],
  ['exec', 'tokenFile'],
  ['caPem', 'insecureSkipTlsVerify'],
  ['caFile', 'insecureSkipTlsVerify'],
];

/**
 * Refuses a configuration that says two things at once, of which one would silently be ignored.
 * @throws TypeError naming the fields
 */
export const validateConfig = (config: ClusterConfig): void => {
  const has = (field: keyof ClusterConfig): boolean => config[field] !== undefined && config[field] !== false;
  for (const [one, other] of exclusive) {
    if (has(one) && has(other)) throw new TypeError(`${one} and ${other}: expected only one of the two`);
  }
  const cert = has('clientCertPem') || has('clientCertFile');
  const key = has('clientKeyPem') || has('clientKeyFile');
  if (cert !== key) {
    throw new TypeError(
      cert
        ? 'clientKeyPem: expected the key of the client certificate'
        : 'clientCertPem: expected the certificate of the client key',
    );
  }
  if (config.password !== undefined && config.username === undefined) {
    throw new TypeError('username: expected one with the password');
  }
};
