import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { ClusterError } from './errors.ts';

/** The environment variables that the tool looks at. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where a cluster lives and what it is called; made by {@link settingsOf} and nowhere else. */
export type Settings = {
  readonly name: string;
  /** The name, made unique on this machine: two cache directories may each hold a cluster of the same name. */
  readonly instance: string;
  /** Port on 127.0.0.1 of the API server; 0 is any free one. */
  readonly port: number;
  /** Builds, shared by all clusters. */
  readonly cacheDir: string;
  /** All that belongs to this one cluster; `down` removes it. */
  readonly stateDir: string;
};

/** What {@link settingsOf} takes: the options of the command line. */
export type SettingsInput = { readonly name?: string | undefined; readonly port?: string | number | undefined };

/** Name of a cluster when none is given. */
export const DEFAULT_NAME = 'danube';

/** Checks the options and works out the directories. Touches nothing. */
export const settingsOf = (input: SettingsInput, env: Env): Settings => {
  const name = input.name ?? DEFAULT_NAME;
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new ClusterError('BadOption', `--name: expected up to 20 of a-z, 0-9 and "-", a letter first, got "${name}"`);
  }
  const port = Number(input.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ClusterError('BadOption', `--port: expected 0 to 65535, got "${input.port ?? ''}"`);
  }
  const cacheDir = join(cacheHome(env), 'danube');
  const stateDir = join(cacheDir, 'clusters', name);
  const mark = createHash('sha256').update(stateDir).digest('hex').slice(0, 6);
  return { name, instance: `${name}-${mark}`, port, cacheDir, stateDir };
};

// https://specifications.freedesktop.org/basedir-spec/latest: a relative XDG_CACHE_HOME must be ignored.
const cacheHome = (env: Env): string => {
  const { XDG_CACHE_HOME: xdg, HOME: home } = env;
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  return join(home ?? '/root', '.cache');
};
