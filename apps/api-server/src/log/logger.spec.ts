import { describe, expect, it } from '@jest/globals';
import { jsonLogger } from './logger.ts';

describe('jsonLogger', () => {
  it('writes one JSON line per event with its fields', () => {
    const lines: string[] = [];
    const logger = jsonLogger((line) => lines.push(line));
    logger.warn('pod watch broke', { namespace: 'danube-jobs', error: new TypeError('no route') });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(Date.parse(String(time))).not.toBeNaN();
    expect(rest).toEqual({ level: 'warn', message: 'pod watch broke', namespace: 'danube-jobs', error: 'no route' });
  });

  it('leaves out what is below its level', () => {
    const lines: string[] = [];
    const logger = jsonLogger((line) => lines.push(line), 'warn');
    logger.debug('a');
    logger.info('b');
    logger.error('c');
    expect(lines).toHaveLength(1);
  });
});
