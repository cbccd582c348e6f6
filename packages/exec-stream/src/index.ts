export { ExecStream, type ExecStreamOptions, type ProbedState, type RunOptions } from './exec-stream.ts';
export { readJournal, type ReadJournalOptions } from './read-journal.ts';
export {
  ExecAbortedError,
  ExecConnectionLostError,
  ExecError,
  type ExecErrorCode,
  ExecExitUnknownError,
  ExecLostError,
  ExecStartError,
  ExecTimeoutError,
  execErrors,
  isExecError,
  type Started,
} from './errors.ts';
export type {
  EndReason,
  ExecClient,
  ExecOptions,
  ExecProtocol,
  ExecQuery,
  ExecResult,
  ExecSession,
  ExecTarget,
  ExitRecord,
  Journal,
  JournalChunk,
  RunRef,
  RunSpec,
  RunState,
  StreamBytes,
  UpgradeRequest,
} from './types.ts';
