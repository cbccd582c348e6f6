import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Leaves each project's test counts in `tmp/test-results`, from which `.ci/run` adds up its closing line. */
export default class CountReporter {
  #name;

  /** `name` is that of the file: two configurations of one project must not overwrite each other's counts. */
  constructor(_globalConfig, { name }) {
    this.#name = name;
  }

  onRunComplete(_contexts, results) {
    const root = join(import.meta.dirname, '../../../..');
    const name = this.#name;
    const skipped = results.testResults.flatMap((file) =>
      file.testResults
        .filter((test) => ['pending', 'todo', 'disabled'].includes(test.status))
        .map((test) => test.fullName),
    );
    const counts = {
      project: name,
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped,
    };
    mkdirSync(join(root, 'tmp/test-results'), { recursive: true });
    writeFileSync(join(root, 'tmp/test-results', `${name}.json`), `${JSON.stringify(counts)}\n`);
  }
}
