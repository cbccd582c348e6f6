export type { RetryPolicy } from './domain/retry.ts';
export { ApiServerError, type ApiServerErrorCode, apiServerErrors } from './errors/api-server-error.ts';
export { type ErrorBody, type HttpErrorCode, httpErrors } from './errors/http-error.ts';
export { jsonLogger, type LogFields, type Logger, type LogLevel, silentLogger } from './log/logger.ts';
export type { ApiServerOptions } from './options.ts';
export { type ApiServer, startApiServer } from './start-api-server.ts';
export { VERSION } from './version.ts';
