import { JOB_SPEC_ANNOTATION } from '@danube/contract/names';
import type { NormalJobPodOptions } from '../pod/job-pod-options.ts';
import type { JobPodMetadata } from '../pod/metadata.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import type { Report } from './report.ts';

/** All annotations of an object together, keys and values (k8s.io/apimachinery, TotalAnnotationSizeLimitB). */
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

/** Checks the labels and annotations that were asked for, and the size of what travels in the annotations. */
export const checkMetadata = (report: Report, options: NormalJobPodOptions, metadata: JobPodMetadata): void => {
  for (const kind of ['labels', 'annotations'] as const) {
    for (const [key, value] of Object.entries(options[kind])) {
      const path = ['options', kind, key];
      report.check(path, { ok: isQualifiedName(key), expected: 'a legal key', got: key });
      // Danube's own are laid over, so a difference is an attempt to replace one.
      if (metadata[kind][key] !== value) report.add(path, 'a key that Danube does not use', key);
      if (kind === 'labels') report.check(path, { ok: isLabelValue(value), expected: 'a label value', got: value });
    }
  }
  for (const [key, value] of Object.entries(metadata.labels)) {
    if (key in options.labels || isLabelValue(value)) continue;
    report.add(['pod', 'labels', key], 'at most 63 characters once it is a label value', value);
  }
  checkSize(report, metadata.annotations);
};

const checkSize = (report: Report, annotations: Readonly<Record<string, string>>): void => {
  const bytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + size(key) + size(value), 0);
  if (bytes <= ANNOTATIONS_LIMIT_BYTES) return;
  const spec = size(annotations[JOB_SPEC_ANNOTATION] ?? '');
  const limit = `at most ${ANNOTATIONS_LIMIT_BYTES} bytes of annotations, of which the pipeline takes ${spec}`;
  report.add(['pipeline'], `${limit}; move long scripts into the image or the workspace`, bytes);
};

const size = (text: string): number => Buffer.byteLength(text);
