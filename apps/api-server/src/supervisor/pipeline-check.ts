import type { Pipeline, Problem } from '@danube/contract';
import { buildJobPod, InvalidJobPodError, type JobPodOptions } from '@danube/pod-builder';

// As long as a real one: names and sizes are part of what is checked.
const ref = { id: 'abcdefghijkm', attempt: 1 };

/** Tries whether pipelines can become pods with these options, so that who submits one hears it, and not a job. */
export const pipelineCheck =
  (options: JobPodOptions) =>
  (pipeline: Pipeline): readonly Problem[] => {
    try {
      buildJobPod(ref, pipeline, options);
      return [];
    } catch (error) {
      if (error instanceof InvalidJobPodError) return error.problems;
      throw error;
    }
  };
