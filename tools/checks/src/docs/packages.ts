import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A door of a package: what an import path opens. */
export type Door = { readonly specifier: string; readonly entry: string };

/** A package of the repository that others import. */
export type Package = { readonly name: string; readonly directory: string; readonly doors: readonly Door[] };

type Manifest = { readonly name: string; readonly exports: Readonly<Record<string, unknown>> };

/** The packages below `packages/`, with the doors that their manifests open. */
export const findPackages = (root: string): Package[] =>
  readdirSync(join(root, 'packages')).map((folder) => {
    const directory = join(root, 'packages', folder);
    const { name, exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
    const doors = Object.entries(exports).flatMap(([path, conditions]) => {
      const source = (conditions as Record<string, string>)['@danube/source'];
      return source === undefined ? [] : [{ specifier: join(name, path), entry: join(directory, source) }];
    });
    return { name, directory, doors };
  });

/** The compiler options that all packages share. */
export const sharedOptions = (root: string): ts.CompilerOptions => {
  const file = join(root, 'tsconfig.base.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, (path) => ts.sys.readFile(path)).config,
    ts.sys,
    root,
  );
  return options;
};
