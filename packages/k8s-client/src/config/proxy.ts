import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../errors/failures.ts';
import type { Env } from './cluster-config.ts';

/**
 * Which proxy to go through, as Go's `httpproxy` decides it, so that kubectl and this client take the same way:
 * `proxyUrl` of the kubeconfig, else HTTPS_PROXY (HTTP_PROXY for an http server) unless NO_PROXY names the host.
 * Loopback is never proxied by the environment.
 */
export const proxyFor = (server: URL, proxyUrl: string | undefined, env: Env): URL | undefined => {
  if (proxyUrl !== undefined) return parseProxy(proxyUrl, 'proxyUrl');
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] ?? env[name.toLowerCase()];
  if (value === undefined || value === '') return undefined;
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  if (isExempt({ host, port }, env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return undefined;
  return parseProxy(value.includes('://') ? value : `http://${value}`, name);
};

const parseProxy = (value: string, field: string): URL => {
  const url = URL.parse(value);
  // Never show the value: it may hold a password.
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError(`${field}: expected the http(s) URL of a proxy`, {
      hint: 'SOCKS proxies are not supported; use an HTTP proxy that allows CONNECT',
    });
  }
  return url;
};

type Target = { readonly host: string; readonly port: string };

const isExempt = (target: Target, noProxy: string): boolean => {
  if (target.host === 'localhost' || isLoopback(target.host)) return true;
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && matches(target, rule));
};

const matches = ({ host, port }: Target, rule: string): boolean => {
  if (rule === '*') return true;
  if (rule.includes('/')) return inSubnet(host, rule);
  const [, name = rule, rulePort] = /^(.*?)(?::(\d+))?$/.exec(isIP(rule) === 6 ? '' : rule) ?? [];
  if (rulePort !== undefined && rulePort !== port) return false;
  const wanted = name === '' ? rule : name;
  if (isIP(wanted) !== 0) return host === wanted;
  // "example.com" means the domain and all below it, ".example.com" only what is below.
  const domain = wanted.replace(/^\*/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
};

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const inSubnet = (host: string, rule: string): boolean => {
  const [network = '', bits = ''] = rule.split('/');
  if (isIP(host) === 0 || isIP(network) === 0 || !/^\d+$/.test(bits)) return false;
  const list = new BlockList();
  try {
    list.addSubnet(network, Number(bits), family(network));
  } catch {
    return false;
  }
  return list.check(host, family(host));
};

const isLoopback = (host: string): boolean => host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
