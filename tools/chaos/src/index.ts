export { type Fault, faults, planFault } from './fault.ts';
export { seededRandom } from './random.ts';
export { ChaosProxy } from './tcp-proxy.ts';
