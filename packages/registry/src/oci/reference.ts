import { RegistryError } from '../errors/registry-error.ts';
import { isDigest } from './digest.ts';

/** An image's full name, in its parts. */
export type ImageReference = {
  /** Host and port, as in `registry.danube-system:5000`. */
  readonly host: string;
  /** `team/app` */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
};

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Whether this can be the name of a repository. */
export const isRepository = (text: string): boolean => text.length <= 255 && repositoryPattern.test(text);
/** Whether this can be a tag. */
export const isTag = (text: string): boolean => tagPattern.test(text);

/**
 * Takes a reference apart. The first part is the host if it holds a dot or a colon, or is `localhost`; a reference
 * without a host is refused: which registry it would mean differs from tool to tool.
 * @throws InvalidReference
 * @example
 * parseReference('registry.danube-system:5000/team/app:1.2'); // { host, repository: 'team/app', tag: '1.2' }
 */
export const parseReference = (text: string): ImageReference => {
  const slash = text.indexOf('/');
  const host = text.slice(0, Math.max(slash, 0));
  if (!/[.:]|^localhost$/.test(host)) throw invalid(text, 'no registry host');
  const [named = '', digest, ...more] = text.slice(slash + 1).split('@');
  const colon = named.lastIndexOf(':');
  const repository = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) throw invalid(text, 'the digest is no sha256');
  if (!isRepository(repository)) throw invalid(text, `"${repository}" cannot be a repository`);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `"${tag}" cannot be a tag`);
  return {
    host,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
};

/** What a manifest is asked for by: its digest when there is one, or its tag. @default tag `latest` */
export const selectorOf = ({ tag, digest }: Pick<ImageReference, 'tag' | 'digest'>): string =>
  digest ?? tag ?? 'latest';

const invalid = (text: string, why: string): RegistryError =>
  new RegistryError('InvalidReference', { detail: `"${text}": ${why}` });
