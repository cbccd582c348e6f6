import { pathText, type Problem } from '@danube/contract';

/** A place in the input of `buildJobPod`: `['options', 'volumes', 0, 'name']`. */
export type Path = readonly (string | number)[];

/** Collects what is wrong, each with its path. */
export class Report {
  readonly problems: Problem[] = [];

  /** Says that `got` at `path` is not what was expected. */
  add(path: Path, expected: string, got: unknown): void {
    this.problems.push({ path: [...path], message: `${pathText(path)}: expected ${expected}, got ${show(got)}` });
  }

  /** Says so unless it is fine. */
  check(path: Path, { ok, expected, got }: { ok: boolean; expected: string; got: unknown }): void {
    if (!ok) this.add(path, expected, got);
  }
}

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};
