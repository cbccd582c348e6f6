/** What a log line says beside its constant message. Never a token, a body or a query string. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the api-server tells what it does. It prints nothing by itself. */
export type Logger = {
  readonly [level in LogLevel]: (message: string, fields?: LogFields) => void;
};

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Says nothing. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Writes one line of JSON per event from `level` on: time, level, message, fields. */
export const jsonLogger = (write: (line: string) => void, level: LogLevel = 'info'): Logger => {
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (levels.indexOf(lineLevel) < levels.indexOf(level)) return;
      write(`${JSON.stringify({ time: new Date().toISOString(), level: lineLevel, message, ...plain(fields) })}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

const plain = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? errorText(value) : value]),
  );

const errorText = (error: Error): string => {
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
};
