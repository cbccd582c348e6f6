import type { Job } from '@danube/contract';
import type { JobStore } from '../store/job-store.ts';
import { Metrics } from './metrics.ts';

/** What the metrics look at. */
export type ServerMetricsParts = {
  readonly store: JobStore;
  readonly followers: () => number;
  readonly isSynced: () => boolean;
};

/** The metrics of an api-server. Counters begin with the process; gauges are of now. */
export const serverMetrics = ({ store, followers, isSynced }: ServerMetricsParts): Metrics => {
  const metrics = new Metrics();
  metrics.gauge('danube_jobs', 'Jobs by state.', () =>
    [...store.countByState()].map(([state, count]) => [{ state }, count] as const),
  );
  metrics.gauge('danube_log_followers', 'Connections that follow a log.', () => [[{}, followers()]]);
  metrics.gauge('danube_pods_synced', 'Whether the pods of jobs are known.', () => [[{}, isSynced() ? 1 : 0]]);
  metrics.gauge('process_resident_memory_bytes', 'Memory of this process.', () => [[{}, process.memoryUsage.rss()]]);
  metrics.gauge('process_cpu_seconds_total', 'CPU time of this process.', () => [[{}, cpuSeconds()]]);

  const ended = metrics.counter('danube_jobs_ended_total', 'Jobs that ended, by state and reason.');
  const retried = metrics.counter('danube_job_retries_total', 'Jobs that got another attempt.');
  store.transitions.onAny((jobId) => {
    const job = store.supervised(jobId);
    if (job?.isFinal === true) ended(endLabels(store.get(jobId)));
    else if (job?.state === 'queued' && job.attempt > 1) retried();
  });
  return metrics;
};

const endLabels = ({ state, reason }: Job) => ({ state, reason: reason?.code ?? 'none' });

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
