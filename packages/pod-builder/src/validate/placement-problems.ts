import type { Placement } from '../pod/job-pod-options.ts';
import { isDnsSubdomain, isLabelValue, isQualifiedName } from './names.ts';
import type { Report } from './report.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Checks where the pod may run. Affinity and spreading are left to the API server, which names the field as well. */
export const checkPlacement = (report: Report, placement: Placement): void => {
  const base = ['options', 'placement'];
  for (const [key, value] of Object.entries(placement.nodeSelector ?? {})) {
    const ok = isQualifiedName(key) && isLabelValue(value);
    report.check([...base, 'nodeSelector', key], { ok, expected: 'a label of nodes', got: value });
  }
  for (const field of ['priorityClassName', 'runtimeClassName', 'schedulerName'] as const) {
    const name = placement[field];
    if (name !== undefined) report.check([...base, field], { ok: isDnsSubdomain(name), expected: 'a name', got: name });
  }
  for (const [index, { key = '', operator = 'Equal', value = '', effect, tolerationSeconds }] of (
    placement.tolerations ?? []
  ).entries()) {
    const path = [...base, 'tolerations', index];
    const isKey = key === '' ? operator === 'Exists' : isQualifiedName(key);
    report.check([...path, 'key'], { ok: isKey, expected: 'a taint key, or none with Exists', got: key });
    const isOperator = operator === 'Equal' || (operator === 'Exists' && value === '');
    report.check([...path, 'operator'], {
      ok: isOperator,
      expected: 'Equal, or Exists without a value',
      got: operator,
    });
    report.check([...path, 'value'], { ok: isLabelValue(value), expected: 'a taint value', got: value });
    const isEffect = effect === undefined || effect === '' || effects.includes(effect);
    report.check([...path, 'effect'], { ok: isEffect, expected: effects.join(', '), got: effect });
    if (tolerationSeconds !== undefined)
      report.check([...path, 'tolerationSeconds'], {
        ok: effect === 'NoExecute' && Number.isInteger(tolerationSeconds),
        expected: 'a whole number, with effect NoExecute',
        got: tolerationSeconds,
      });
  }
};
