import { readFile } from 'node:fs/promises';
import type { Plan } from './plan.ts';

/** Reads the plan that {@link Plan} describes. */
export const readPlan = async (file: string): Promise<Plan> => JSON.parse(await readFile(file, 'utf8')) as Plan;
