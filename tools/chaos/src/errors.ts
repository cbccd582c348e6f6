/** The chaos run itself cannot go on: its set-up is wrong, or what it disturbed did not come back. */
export class ChaosError extends Error {
  override readonly name = 'ChaosError';
}
