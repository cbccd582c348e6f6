import { ApiError } from './api-error.ts';

/** A field that somebody else owns. */
export type FieldConflict = { readonly field: string; readonly manager: string };

/** Which fields a server-side apply could not take, and who owns them. Empty for any other error. */
export const fieldConflicts = (error: unknown): FieldConflict[] => {
  if (!(error instanceof ApiError) || error.code !== 'Conflict') return [];
  return (error.details?.causes ?? [])
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ field = '', message = '' }) => ({
      field,
      manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? message,
    }));
};
