import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The kubectl that the cluster tool built, or the one on PATH. */
export const kubectl = (): string => {
  const builds = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'danube/builds');
  const built = existsSync(builds) ? readdirSync(builds).map((name) => join(builds, name, 'kubectl')) : [];
  return built.find((path) => existsSync(path)) ?? 'kubectl';
};
