export { failing } from './intercept.ts';
export type { CallMatch, Interception, Verb } from './intercept.ts';
