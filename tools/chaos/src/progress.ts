const EVERY_MS = 15_000;

/** Says on stderr from time to time how far something is; `stop` it at its end. */
export function showProgress(look: () => string): { readonly stop: () => void } {
  const timer = setInterval(() => console.error(`  ${look()}`), EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
