/** The chaos run itself cannot go on: its set-up is wrong, or what it disturbed did not come back. */
export class ChaosError extends Error {
  override readonly name = 'ChaosError';
}

/** A command line that cannot be understood. */
export class UsageError extends TypeError {
  override readonly name = 'UsageError';
}

/** Somebody ended the run with a signal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}: what it started is ended, too`);
  }
}
