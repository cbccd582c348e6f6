/** A duration for people: `0.3 s`, `12.0 s`, `1 min 5 s`, `2 h 3 min`. */
export const durationText = (ms: number): string => {
  const tenths = Math.round(Math.max(ms, 0) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

/** An amount of memory for people: `640 KiB`, `64 MiB`, `1.5 GiB`. */
export const memoryText = (bytes: number): string => {
  if (bytes < 1_048_576) return `${Math.round(bytes / 1024)} KiB`;
  return bytes < 1_073_741_824 ? `${Math.round(bytes / 1_048_576)} MiB` : `${(bytes / 1_073_741_824).toFixed(1)} GiB`;
};
