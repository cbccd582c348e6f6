const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
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

/** A Kubernetes quantity (`500m`, `1Gi`, `2e3`) as a number in its base unit, or undefined when it is none. */
export const parseQuantity = (text: string): number | undefined => {
  const match = /^([+-]?[0-9]+(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:([eE][+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', exponent = '', unit = ''] = match;
  const factor = factors[unit];
  return factor === undefined ? undefined : Number(digits + exponent) * factor;
};

const binary = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;

/** A number in its base unit as a quantity: thousandths as `m`, whole binary units as such, all else as it is. */
export const formatQuantity = (amount: number): string => {
  if (!Number.isInteger(amount)) return `${Math.round(amount * 1000)}m`;
  const unit = binary.find((each) => amount !== 0 && amount % (factors[each] ?? 1) === 0);
  return unit === undefined ? String(amount) : `${amount / (factors[unit] ?? 1)}${unit}`;
};
