import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { schemaText } from './schema.ts';

describe('docs/pipeline.schema.json', () => {
  it('is what danube schema prints (npm run -s danube -- schema > docs/pipeline.schema.json)', async () => {
    const file = new URL('../../../../docs/pipeline.schema.json', import.meta.url);
    expect(await readFile(file, 'utf8')).toBe(schemaText());
  });
});
