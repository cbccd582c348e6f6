export { openTelemetry } from './open-telemetry.ts';
export type { OpenTelemetryOptions, TelemetryHooks } from './open-telemetry.ts';
