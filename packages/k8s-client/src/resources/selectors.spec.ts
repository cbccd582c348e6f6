import { describe, expect, it } from '@jest/globals';
import { checkSelectors } from './selectors.ts';

describe('a label selector', () => {
  it.each([
    '',
    'app=web',
    'app==web',
    'app!=web',
    'app = web , tier!=',
    'app.kubernetes.io/name=web,!canary,ready',
    'env in (a, b),env notin (c)',
    'env in ()',
    'generation>3,generation<9',
    'in=notin',
  ])('may be %p', (labelSelector) => {
    expect(() => checkSelectors({ labelSelector })).not.toThrow();
  });

  it.each([
    'app=web,',
    ',',
    'app=a b',
    'app=a/b',
    '=web',
    'a/b/c=d',
    'Example.com/app=web',
    `app=${'x'.repeat(64)}`,
    'env in (a',
    'env in a',
    'generation>three',
    'app=web&limit=1',
    'app=web\nx',
    '!!app',
  ])('is refused as %p', (labelSelector) => {
    expect(() => checkSelectors({ labelSelector })).toThrow(TypeError);
    expect(() => checkSelectors({ labelSelector })).toThrow('labelSelector: expected');
  });
});

describe('a field selector', () => {
  it.each([
    '',
    'metadata.name=web-0',
    'status.phase!=Running,spec.nodeName=',
    'metadata.name==a',
    String.raw`reason=a\,b\=c\\`,
  ])('may be %p', (fieldSelector) => {
    expect(() => checkSelectors({ fieldSelector })).not.toThrow();
  });

  it.each(['metadata.name', 'metadata.name=a,', '=a', 'metadata.name=a=b', 'a b=c', String.raw`a=\x`])(
    'is refused as %p',
    (fieldSelector) => {
      expect(() => checkSelectors({ fieldSelector })).toThrow('fieldSelector: expected');
    },
  );

  it('is refused as something that is no text', () => {
    const labelSelector = { app: 'web' } as unknown as string;
    expect(() => checkSelectors({ labelSelector })).toThrow('labelSelector: expected a text, got object');
  });
});
