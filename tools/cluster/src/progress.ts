/** Tells people what happens, one line at a time. */
export type Progress = (line: string) => void;

/** Lines on stderr with the seconds since the start, so that stdout holds only results. */
export const progressTo = (stream: { write(text: string): unknown }, now = () => performance.now()): Progress => {
  const startedMs = now();
  return (line) => {
    stream.write(`${((now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
};
