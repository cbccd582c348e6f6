import { describe, expect, test } from '@jest/globals';
import { commandLine, imageProblem } from './image.ts';

describe('images', () => {
  test.each([
    'busybox',
    'busybox:1.36',
    'docker.io/library/node:24-slim',
    'localhost:5000/a/b@sha256:' + 'a'.repeat(64),
    'danube-coordinator:latest',
  ])('%s is there', (image) => {
    expect(imageProblem(image, 'IfNotPresent')).toBeUndefined();
  });

  test.each([
    ['registry.invalid/x:1', 'Always', 'ErrImagePull'],
    ['registry.invalid:5000/x', 'IfNotPresent', 'ErrImagePull'],
    ['registry.invalid/x:1', 'Never', 'ErrImageNeverPull'],
    ['Not/Valid', 'Always', 'InvalidImageName'],
    ['a b', 'Always', 'InvalidImageName'],
    ['', 'Always', 'InvalidImageName'],
  ])('%s with %s is %s', (image, policy, reason) => {
    expect(imageProblem(image, policy)?.reason).toBe(reason);
  });

  const images = { 'tool:1': { command: ['node', 'tool.js'] } };
  test.each([
    [{ image: 'tool:1' }, ['node', 'tool.js']],
    [{ image: 'tool:1', args: ['x'] }, ['node', 'tool.js', 'x']],
    [{ image: 'tool:1', command: ['sh'], args: ['-c', 'x'] }, ['sh', '-c', 'x']],
    [{ image: 'other:1', args: ['echo', 'x'] }, ['echo', 'x']],
  ])('%j runs %j', (container, want) => {
    expect(commandLine({ name: 'c', ...container }, images)).toEqual(want);
  });
});
