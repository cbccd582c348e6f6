export { failing } from './intercept.ts';
export type { CallMatch, Interception } from './intercept.ts';
export type { CallDescription, Verb } from '../resources/describe-call.ts';
