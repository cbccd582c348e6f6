const shape = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,2}))?$/;

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The value of a Kubernetes quantity such as `500m` or `1.5Gi`; undefined when it is none. Exact to 15 digits, which is
 * enough to compare a request with a limit.
 */
export const quantityValue = (text: string): number | undefined => {
  const [, amount, suffix, exponent] = shape.exec(text) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (suffix === undefined ? 10 ** Number(exponent ?? 0) : (factors[suffix] ?? 1));
};
