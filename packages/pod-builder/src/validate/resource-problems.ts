import { isQualifiedName } from './names.ts';
import { quantityValue } from './quantity.ts';
import type { Path, Report } from './report.ts';

/** Checks requests and limits: legal quantities, not negative, and no request above its limit. */
export const checkResources = (report: Report, path: Path, { requests = {}, limits = {} }: Resources): void => {
  for (const [kind, quantities] of Object.entries({ requests, limits })) {
    for (const [resource, text] of Object.entries(quantities)) {
      if (text === undefined) continue;
      const isKnown = standard.has(resource) || (resource.includes('/') && isQualifiedName(resource));
      if (!isKnown)
        report.add([...path, kind, resource], 'a resource such as cpu, memory or example.com/gpu', resource);
      checkQuantity(report, [...path, kind, resource], text);
    }
  }
  for (const [resource, request] of Object.entries(requests)) {
    if (request === undefined) continue;
    const limit = limits[resource];
    const value = quantityValue(request) ?? 0;
    const limitValue = limit === undefined ? undefined : quantityValue(limit);
    // Devices are counted and not shared.
    if (isExtended(resource) && value !== limitValue)
      report.add([...path, 'requests', resource], `the same as the limit ${limit ?? '(none)'}`, request);
    else if (limitValue !== undefined && value > limitValue)
      report.add([...path, 'requests', resource], `at most the limit ${limit ?? ''}`, request);
  }
};

/** Checks one quantity: legal and not negative. */
export const checkQuantity = (report: Report, path: Path, text: string): void => {
  const value = quantityValue(text);
  const ok = value !== undefined && value >= 0 && value < 2 ** 63;
  report.check(path, { ok, expected: 'a quantity like "500m" or "1Gi"', got: text });
};

type Quantities = Readonly<Record<string, string | undefined>>;
type Resources = { readonly requests?: Quantities | undefined; readonly limits?: Quantities | undefined };

// What a device plugin offers; names below kubernetes.io are Kubernetes' own.
const isExtended = (resource: string): boolean =>
  resource.includes('/') && isQualifiedName(resource) && !/(?:^|\.)kubernetes\.io\//.test(resource);

const standard = new Set(['cpu', 'memory', 'ephemeral-storage']);
