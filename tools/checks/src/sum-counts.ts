/** What one Jest run left in `tmp/test-results`. */
export type Counts = {
  readonly project: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
};

/** The lines for people, the line that CI reads last, and whether all is well. */
export const sumCounts = (
  counts: readonly Counts[],
  didStepFail: boolean,
): { readonly lines: readonly string[]; readonly ok: boolean } => {
  const sum = (of: (each: Counts) => number): number => counts.reduce((total, each) => total + of(each), 0);
  const passed = sum((each) => each.passed);
  // A step that failed without a failing test (lint, types, a cluster that did not start) counts as one.
  const failed = Math.max(
    sum((each) => each.failed),
    didStepFail ? 1 : 0,
  );
  const skipped = sum((each) => each.skipped.length);
  return {
    lines: [
      ...counts.flatMap((each) => [
        `${each.project}: ${each.passed} passed, ${each.failed} failed`,
        ...each.skipped.map((test) => `  skipped: ${test}`),
      ]),
      `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
    ],
    ok: failed === 0 && passed > 0,
  };
};
