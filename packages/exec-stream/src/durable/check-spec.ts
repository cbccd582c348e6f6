import type { RunRef, RunSpec } from '../types.ts';

/** @throws TypeError naming the field, what was expected and what was got */
export function checkRef({ id, dir }: RunRef): void {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(id)) {
    throw new TypeError(
      `id: expected 1 to 128 of A-Z a-z 0-9 . _ - not beginning with a dot, got ${JSON.stringify(id)}`,
    );
  }
  if (!dir.startsWith('/') || /[\0\n]/.test(dir)) {
    throw new TypeError(`dir: expected an absolute path, got ${JSON.stringify(dir)}`);
  }
}

/** Readers renew their lease every 3 s, and need the time to come back after a cut. */
const MIN_LEASE_MS = 10_000;

/** @throws TypeError naming the field, what was expected and what was got */
export function checkSpec(spec: RunSpec): void {
  checkRef(spec);
  if (typeof spec.run !== 'string' && spec.run.length === 0) {
    throw new TypeError('run: expected a script or a list of at least one word, got an empty list');
  }
  for (const name of Object.keys(spec.env ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new TypeError(`env: expected names of letters, digits and _, got ${JSON.stringify(name)}`);
    }
  }
  if (spec.maxOutputBytes !== undefined && !(Number.isSafeInteger(spec.maxOutputBytes) && spec.maxOutputBytes > 0)) {
    throw new TypeError(`maxOutputBytes: expected a number of bytes above 0, got ${spec.maxOutputBytes}`);
  }
  if (spec.whenFull !== undefined && !['backpressure', 'truncate'].includes(spec.whenFull)) {
    throw new TypeError(`whenFull: expected 'backpressure' or 'truncate', got ${JSON.stringify(spec.whenFull)}`);
  }
  if (
    spec.orphanAfterMs !== undefined &&
    !(spec.orphanAfterMs >= MIN_LEASE_MS && Number.isFinite(spec.orphanAfterMs))
  ) {
    throw new TypeError(`orphanAfterMs: expected at least ${MIN_LEASE_MS} milliseconds, got ${spec.orphanAfterMs}`);
  }
  checkMilliseconds('timeoutMs', spec.timeoutMs);
  checkMilliseconds('graceMs', spec.graceMs);
}

/** @throws TypeError for what is there and is no time */
export function checkMilliseconds(field: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
    throw new TypeError(`${field}: expected milliseconds, got ${value}`);
  }
}
