import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Leaves each project's test counts in `tmp/test-results`, from which `.ci/run` adds up its closing line. */
export default class CountReporter {
  #project;

  constructor(globalConfig) {
    this.#project = globalConfig.rootDir;
  }

  onRunComplete(_contexts, results) {
    const root = join(import.meta.dirname, '../../../..');
    const name = this.#project.split('/').at(-1);
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
