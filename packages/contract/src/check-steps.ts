/** The parts of a pipeline that steps refer to each other by. */
type Steps = {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
  readonly steps: readonly {
    readonly name: string;
    readonly env?: Readonly<Record<string, string | { readonly step: string }>> | undefined;
    readonly secrets?: readonly string[] | undefined;
  }[];
};

type Misfit = { readonly path: readonly (string | number)[]; readonly expected: string };

/** What is wrong between the steps of a pipeline: names that are not unique, and references that lead nowhere. */
export const stepsProblems = (pipeline: Steps): Misfit[] => [
  ...repeatedNames(pipeline),
  ...pipeline.steps.flatMap((_, index) => [...wrongOutputs(pipeline, index), ...wrongSecrets(pipeline, index)]),
];

const repeatedNames = ({ steps }: Steps): Misfit[] =>
  steps.flatMap(({ name }, index) => {
    const first = steps.findIndex((other) => other.name === name);
    const expected = `expected a unique name, steps[${first}] has it too`;
    return first === index ? [] : [{ path: ['steps', index, 'name'], expected }];
  });

const wrongOutputs = ({ steps }: Steps, index: number): Misfit[] => {
  const earlier = new Set(steps.slice(0, index).map(({ name }) => name));
  return Object.entries(steps[index]?.env ?? {}).flatMap(([variable, value]) =>
    typeof value === 'string' || earlier.has(value.step)
      ? []
      : [{ path: ['steps', index, 'env', variable, 'step'], expected: 'expected the name of a step before this one' }],
  );
};

const wrongSecrets = ({ env, secrets, steps }: Steps, index: number): Misfit[] => {
  const step = steps[index];
  return (step?.secrets ?? []).flatMap((name, place) => {
    const path = ['steps', index, 'secrets', place];
    if (!Object.hasOwn(secrets ?? {}, name)) return [{ path, expected: 'expected one of the secrets of the pipeline' }];
    const isVariable = Object.hasOwn(env ?? {}, name) || Object.hasOwn(step?.env ?? {}, name);
    return isVariable ? [{ path, expected: 'expected a name that is not in env as well' }] : [];
  });
};
