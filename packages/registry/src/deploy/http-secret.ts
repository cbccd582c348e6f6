import { randomBytes } from 'node:crypto';
import { isAlreadyExists, type KubeClient } from '@danube/k8s-client';
import { HTTP_SECRET, registryLabels } from '../names.ts';
import { type AppliedObject, type ApplyObjectOptions, undefinedIfNotFound } from './apply-objects.ts';

/** Makes the Secret that lets uploads go on after a restart, if there is none. It is never overwritten. */
export const ensureHttpSecret = async (
  client: KubeClient,
  namespace: string,
  { dryRun, signal }: ApplyObjectOptions,
): Promise<AppliedObject> => {
  const secrets = client.secrets(namespace);
  const said = { kind: 'Secret', name: HTTP_SECRET } as const;
  if ((await secrets.get(HTTP_SECRET, { signal }).catch(undefinedIfNotFound)) !== undefined) {
    return { ...said, outcome: 'unchanged' };
  }
  if (dryRun) return { ...said, outcome: 'created' };
  try {
    const secret = randomBytes(32).toString('hex');
    const metadata = { name: HTTP_SECRET, labels: registryLabels };
    await secrets.create({ metadata, type: 'Opaque', stringData: { 'http-secret': secret } }, { signal });
    return { ...said, outcome: 'created' };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return { ...said, outcome: 'unchanged' };
  }
};
