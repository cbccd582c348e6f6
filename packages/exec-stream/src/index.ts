export { ExecStream, type ExecStreamOptions, type ProbedState, type RunOptions } from './exec-stream.ts';
export { forgoRun, isRunClaimed } from './durable/claim.ts';
export type { ContainerStatusLike, PodLike } from './pod/pod-end.ts';
export type { PodReader } from './pod/pod-watches.ts';
export {
  discardJournal,
  type JournalRange,
  readJournal,
  type ReadJournalOptions,
  readJournalRange,
} from './read-journal.ts';
export {
  ExecAbortedError,
  ExecConnectionLostError,
  ExecCopyError,
  ExecError,
  type ExecErrorCode,
  ExecExitUnknownError,
  ExecLostError,
  ExecPodError,
  ExecStartError,
  ExecTimeoutError,
  execErrors,
  isExecError,
  type Started,
} from './errors.ts';
export { type ContainerPath, copyFrom, type CopyOptions, type CopyResult, copyTo } from './copy/copy.ts';
export { runShell, type ShellOptions } from './shell/run-shell.ts';
export type { ShellTerminal, TerminalInput, TerminalOutput } from './shell/terminal.ts';
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
  Run,
  RunRef,
  RunSpec,
  RunState,
  StreamBytes,
  UpgradeRequest,
} from './types.ts';
