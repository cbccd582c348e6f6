import { BenchError, benchErrors } from './errors.ts';
import { compare } from './compare.ts';
import { help, parseOptions } from './options.ts';
import { buildPackages } from './programs/run-program.ts';
import { machine } from './machine.ts';
import { asJson, asTable } from './report.ts';
import { select } from './suite.ts';

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const main = async (argv: readonly string[]): Promise<void> => {
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  if (!options.table) process.stdout.write(asJson([machine()]));
  progress('building the packages');
  await buildPackages();
  const figures = [];
  for (const benchmark of select(options.names)) {
    progress(`${benchmark.id}: ${benchmark.title}`);
    const found = await benchmark.run({
      size: options.size,
      progress,
      compare: (comparison) => compare(comparison, progress),
    });
    if (!options.table) process.stdout.write(asJson(found));
    figures.push(...found);
  }
  if (options.table) process.stdout.write(asTable(figures));
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `bench: ${error instanceof BenchError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = error instanceof BenchError ? benchErrors[error.code].exitCode : 1;
}
