import type { Plugin } from 'esbuild';
import { ImageError } from './errors.ts';

/** What {@link bundle} makes. */
export type BundleOptions = {
  /** The app's `main.ts`. */
  readonly entry: string;
  readonly outfile: string;
};

// CommonJS packages inside an ES module call `require` for Node's own modules; this gives them one.
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Takes `node:http` and `node:https` as CommonJS does. An `import` of them evaluates all their exports, one of which loads
 * Node's own fetch and WebSocket: 6 MiB of memory and 20 ms of every start, for nothing.
 */
const lazyHttp: Plugin = {
  name: 'lazy-http',
  setup: (build) => {
    build.onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'lazy-http' },
    );
    build.onLoad({ filter: /./, namespace: 'lazy-http' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Bundles an app and all its packages to one ES module for Node 24. The same sources give the same bytes. */
export const bundle = async ({ entry, outfile }: BundleOptions): Promise<void> => {
  const { build } = await import('esbuild'); // here, because not everybody who uses this package bundles
  try {
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      conditions: ['@danube/source'], // our own packages are read from their sources: nothing has to be built before
      banner: { js: banner },
      plugins: [lazyHttp],
      logLevel: 'silent',
    });
  } catch (error) {
    throw new ImageError('BundleFailed', `${entry}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
};
