// Loaded before a program: its wall clock then jumps by what CHAOS_CLOCK_FILE says (milliseconds) at each SIGUSR2.
// What JavaScript calls the time of day jumps; timers and performance.now() do not, as when an administrator sets a clock.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offsetMs = 0;

process.on('SIGUSR2', () => {
  offsetMs = Number(readFileSync(process.env['CHAOS_CLOCK_FILE'], 'utf8'));
});

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
