import { known } from '../api/kinds.ts';
import type { KindCatalog } from './kind-catalog.ts';
import type { ObjectApi } from './object-api.ts';
import { quotaStatus } from './quota.ts';

/** Keeps the status of quotas true. Returns how to end that. */
export const keepQuotas = ({ store }: ObjectApi, catalog: KindCatalog): (() => void) =>
  store.subscribe(({ kind, object, type }) => {
    const { namespace } = object.metadata;
    if (namespace === undefined || (kind === known.resourceQuotas && type === 'DELETED')) return;
    for (const quota of store.list(known.resourceQuotas, namespace).items) {
      store.putChanged(known.resourceQuotas, { ...quota, status: quotaStatus(store, catalog.all(), quota) });
    }
  });
