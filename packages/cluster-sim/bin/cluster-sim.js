#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`cluster-sim: needs Node 22.19 or newer, this is ${process.version}\n`);
  process.exit(1);
}

// In the repository the TypeScript source runs as it is (Node strips the types); an installed package has only dist.
const source = new URL('../src/main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
