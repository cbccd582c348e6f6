import { afterEach, beforeEach, expect } from '@jest/globals';
import { format } from 'node:util';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
const stray: string[] = [];

// A warning from Node (a leaked listener, a deprecation) is as unexpected as a line on the console.
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') stray.push(`warning: ${warning.message}`);
});

for (const method of methods) {
  console[method] = (...parts: unknown[]) => {
    stray.push(`console.${method}: ${format(...parts)}`);
  };
}

beforeEach(() => {
  stray.length = 0;
});

afterEach(() => {
  expect(stray).toEqual([]);
});
