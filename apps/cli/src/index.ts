export { runCli } from './cli.ts';
export { cliErrors, type CliErrorCode } from './errors.ts';
export { exitCodes } from './exit-codes.ts';
export { type Io, type Output, type Stop } from './io.ts';
