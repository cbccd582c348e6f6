import type { Io } from '../io.ts';
import { liveView } from './live-view.ts';
import { jsonView, rawView } from './machine-views.ts';
import { plainView } from './plain-view.ts';
import type { View } from './view.ts';

/** The view for a value of `--output`. By itself a terminal gets the live view, and everything else plain lines. */
export const chooseView = (format: string, { stdout, env }: Pick<Io, 'stdout' | 'env'>): View => {
  const terminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const wanted = format === 'auto' ? (terminal && !isSet(env['CI']) ? 'live' : 'plain') : format;
  if (wanted === 'json') return jsonView();
  if (wanted === 'raw') return rawView();
  const colours = !isSet(env['NO_COLOR']);
  return wanted === 'live'
    ? liveView({ colours, columns: () => stdout.columns ?? 80, now: Date.now })
    : plainView({ colours });
};

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
