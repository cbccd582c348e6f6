import { containers, paths } from '@danube/contract/names';
import { posix } from 'node:path';
import type { ExtraVolume, SecretEnv } from '../pod/extra-volume.ts';
import type { NormalJobPodOptions } from '../pod/job-pod-options.ts';
import type { ServiceContainer } from '../pod/service-container.ts';
import { volumes as baseVolumes } from '../pod/volumes.ts';
import { isImageReference } from './image-reference.ts';
import { isConfigKey, isDnsLabel, isDnsSubdomain, isEnvName } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkResources } from './resource-problems.ts';

const dnsLabel = 'at most 63 of a-z, 0-9 and -';
const objectName = 'the name of an object';

/** Checks what is added to the pod: volumes, variables from Secrets, services. */
export const checkExtras = (report: Report, options: NormalJobPodOptions): void => {
  const volumeNames = new Set<string>(Object.values(baseVolumes));
  const mounts = new Set<string>();
  for (const [index, volume] of options.volumes.entries()) {
    const path = ['options', 'volumes', index];
    checkVolume(report, path, volume);
    checkUnique(report, [...path, 'name'], { seen: volumeNames, value: volume.name });
    const place = `${volume.container ?? containers.worker} ${plainPath(volume.mountPath)}`;
    if (mounts.has(place)) report.add([...path, 'mountPath'], 'a path that no other volume has', volume.mountPath);
    mounts.add(place);
  }
  const variables = new Set<string>();
  for (const [index, variable] of options.secretEnv.entries()) {
    const path = ['options', 'secretEnv', index];
    checkSecretEnv(report, path, variable);
    const value = `${variable.container ?? containers.worker} ${variable.name}`;
    checkUnique(report, [...path, 'name'], { seen: variables, value });
  }
  const containerNames = new Set<string>(Object.values(containers));
  for (const [index, service] of options.services.entries()) {
    const path = ['options', 'services', index];
    checkService(report, path, service);
    checkUnique(report, [...path, 'name'], { seen: containerNames, value: service.name });
  }
};

const checkVolume = (report: Report, path: Path, { name, mountPath, subPath, source }: ExtraVolume): void => {
  report.check([...path, 'name'], { ok: isDnsLabel(name), expected: dnsLabel, got: name });
  report.check([...path, 'mountPath'], {
    ok: /^\/[^:\0]+$/.test(mountPath) && !isReserved(mountPath),
    expected: 'an absolute path outside the directories of Danube',
    got: mountPath,
  });
  if (subPath !== undefined)
    report.check([...path, 'subPath'], {
      ok: subPath !== '' && !posix.isAbsolute(subPath) && !subPath.split('/').includes('..'),
      expected: 'a relative path without ..',
      got: subPath,
    });
  const [kind, object] = Object.entries(source)[0] ?? ['', ''];
  report.check([...path, 'source', kind], { ok: isDnsSubdomain(object), expected: objectName, got: object });
};

// Mounted there, a volume would hide what the coordinator and the steps rely on. Below /workspace is fine.
const isReserved = (mountPath: string): boolean => {
  const path = plainPath(mountPath);
  const fixed = [
    paths.control,
    posix.dirname(paths.jobSpec),
    '/var/run/secrets',
    '/run/secrets',
    '/dev',
    '/proc',
    '/sys',
  ];
  return (
    path === '' ||
    [paths.workspace, ...fixed].some((place) => place === path || place.startsWith(`${path}/`)) ||
    fixed.some((place) => path.startsWith(`${place}/`))
  );
};

const plainPath = (path: string): string => posix.normalize(path).replace(/\/$/, '');

const checkSecretEnv = (report: Report, path: Path, { name, secret, key }: SecretEnv): void => {
  const isFree = isEnvName(name) && !name.startsWith('DANUBE_');
  report.check([...path, 'name'], {
    ok: isFree,
    expected: 'a variable name that does not begin with DANUBE_',
    got: name,
  });
  report.check([...path, 'secret'], { ok: isDnsSubdomain(secret), expected: objectName, got: secret });
  report.check([...path, 'key'], { ok: isConfigKey(key), expected: 'a key of a Secret', got: key });
};

const checkService = (report: Report, path: Path, service: ServiceContainer): void => {
  const { name, image, env = {}, runAsUser = 1, ready, readyTimeoutSeconds = 1, resources } = service;
  report.check([...path, 'name'], { ok: isDnsLabel(name), expected: dnsLabel, got: name });
  report.check([...path, 'image'], { ok: isImageReference(image), expected: 'an image reference', got: image });
  for (const variable of Object.keys(env))
    report.check([...path, 'env', variable], { ok: isEnvName(variable), expected: 'a variable name', got: variable });
  report.check([...path, 'runAsUser'], {
    ok: Number.isInteger(runAsUser) && runAsUser > 0 && runAsUser < 2 ** 31,
    expected: 'a user id above 0',
    got: runAsUser,
  });
  report.check([...path, 'readyTimeoutSeconds'], {
    ok: Number.isInteger(readyTimeoutSeconds) && readyTimeoutSeconds > 0 && readyTimeoutSeconds < 2 ** 31,
    expected: 'a whole number of seconds above 0',
    got: readyTimeoutSeconds,
  });
  if (ready !== undefined) checkReady(report, [...path, 'ready'], ready);
  if (resources !== undefined) checkResources(report, [...path, 'resources'], resources);
};

const checkReady = (report: Report, path: Path, ready: NonNullable<ServiceContainer['ready']>): void => {
  if ('command' in ready) {
    report.check([...path, 'command'], { ok: ready.command.length > 0, expected: 'a command', got: ready.command });
    return;
  }
  const [key, port] = 'tcpPort' in ready ? ['tcpPort', ready.tcpPort] : ['httpPort', ready.httpPort];
  const ok = Number.isInteger(port) && port > 0 && port < 65_536;
  report.check([...path, key], { ok, expected: 'a port from 1 to 65535', got: port });
  if ('path' in ready)
    report.check([...path, 'path'], {
      ok: ready.path.startsWith('/'),
      expected: 'a path that begins with /',
      got: ready.path,
    });
};

const checkUnique = (report: Report, path: Path, { seen, value }: { seen: Set<string>; value: string }): void => {
  if (seen.has(value)) report.add(path, 'a name that is not taken', value.split(' ').at(-1));
  seen.add(value);
};
