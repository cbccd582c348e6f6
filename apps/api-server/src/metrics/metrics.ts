/** Labels of a sample, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

type Family = {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: () => Iterable<readonly [Labels, number]>;
};

/** A number that only grows, by labels. */
export type Counter = (labels?: Labels, by?: number) => void;

/** Numbers about this process in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export class Metrics {
  readonly #families = new Map<string, Family>();

  /** A counter. Its labels must be few: each combination is kept for ever. */
  counter(name: string, help: string): Counter {
    const values = new Map<string, readonly [Labels, number]>();
    this.#families.set(name, { type: 'counter', help, samples: () => values.values() });
    return (labels = {}, by = 1) => {
      const key = labelText(labels);
      values.set(key, [labels, (values.get(key)?.[1] ?? 0) + by]);
    };
  }

  /** Numbers that are looked up when somebody asks. */
  gauge(name: string, help: string, samples: Family['samples']): void {
    this.#families.set(name, { type: 'gauge', help, samples });
  }

  /** All of it as text. */
  text(): string {
    return [...this.#families].map(([name, family]) => familyText(name, family)).join('');
  }
}

const familyText = (name: string, { type, help, samples }: Family): string => {
  const lines = [...samples()].map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
};

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
