import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.ts';

describe('Metrics', () => {
  it('writes counters and gauges in the text format, with what could break a line escaped', () => {
    const metrics = new Metrics();
    const count = metrics.counter('danube_things_total', 'Things.');
    metrics.gauge('danube_now', 'Now.', () => [[{}, 7]]);
    count({ kind: 'a"b\\c\nd' });
    count({ kind: 'x' }, 2);
    count({ kind: 'x' });
    expect(metrics.text()).toBe(
      [
        '# HELP danube_things_total Things.',
        '# TYPE danube_things_total counter',
        'danube_things_total{kind="a\\"b\\\\c\\nd"} 1',
        'danube_things_total{kind="x"} 3',
        '# HELP danube_now Now.',
        '# TYPE danube_now gauge',
        'danube_now 7',
        '',
      ].join('\n'),
    );
  });
});
