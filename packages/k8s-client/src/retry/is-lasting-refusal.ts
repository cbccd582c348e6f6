import { ApiError } from '../errors/api-error.ts';

/**
 * Whether a 403 has nothing to do with rules that are still on their way: a quota is used up, or the namespace is being
 * deleted. A quota says so in its text only (apiserver `resourcequota/controller.go`).
 */
export const isLastingRefusal = (error: unknown): boolean =>
  error instanceof ApiError &&
  (/\b(exceeded|failed) quota: /.test(error.message) ||
    error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true);
