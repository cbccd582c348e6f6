import { createLayoutArchive, isArchive, openLayoutArchive } from '../layout/archive.ts';
import { createLayoutDirectory, openLayoutDirectory } from '../layout/directory.ts';
import type { ImageSource, ImageTarget } from './image-store.ts';

/** Opens a layout in a directory or a tar, whichever the path is. @throws LayoutInvalid */
export const openLayout = async (path: string): Promise<ImageSource> =>
  (await isArchive(path)) ? openLayoutArchive(path) : openLayoutDirectory(path);

/** A layout to write to; `close` finishes it. */
export type WritableLayout = ImageTarget & { readonly close: () => Promise<void> } & AsyncDisposable;

/** Makes a layout: a tar if the path ends with `.tar`, else a directory, which may hold images already. */
export const createLayout = async (path: string): Promise<WritableLayout> => {
  if (path.endsWith('.tar')) return createLayoutArchive(path);
  const nothing = () => Promise.resolve();
  return { ...(await createLayoutDirectory(path)), close: nothing, [Symbol.asyncDispose]: nothing };
};
