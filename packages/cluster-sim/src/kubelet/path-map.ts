/** A path inside a container and the local path that stands for it. */
export interface PathMapping {
  readonly inside: string;
  readonly local: string;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/**
 * Replaces container paths by local ones in environment values and arguments. There is no mount namespace, so this is
 * what makes a `mountPath` work. A path is replaced where it stands as a whole path or as its beginning: not inside a
 * longer word (`/data` is not in `/database` nor in `http://host/data`). Paths below `keep` are local already and stay.
 */
export class PathMap {
  readonly #targets: ReadonlyMap<string, string>;
  readonly #pattern: RegExp | undefined;

  constructor(mappings: readonly PathMapping[], keep: string) {
    const entries = mappings
      .map(({ inside, local }) => [trimmed(inside), local] as const)
      .filter(([inside]) => inside !== '/');
    this.#targets = new Map(entries);
    const longestFirst = [keep, ...this.#targets.keys()].sort((a, b) => b.length - a.length);
    this.#pattern =
      entries.length === 0
        ? undefined
        : new RegExp(`(?<![\\w./-])(${longestFirst.map(escaped).join('|')})(?![\\w.-])[^\\s:"';|&]*`, 'g');
  }

  /** The text with each container path replaced. */
  rewrite(text: string): string {
    if (this.#pattern === undefined) return text;
    return text.replace(this.#pattern, (found: string, path: string) => {
      const local = this.#targets.get(path);
      return local === undefined ? found : local + found.slice(path.length);
    });
  }

  /** The local path for a path inside the container, or undefined when no volume covers it. */
  resolve(inside: string): string | undefined {
    const local = this.rewrite(inside);
    return local === inside ? undefined : local;
  }
}
