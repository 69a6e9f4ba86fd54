// A double of the worker's clock, required before all else: at SIGWINCH it goes wrong by as many ms as the file says.
// Times that are only compared with each other (performance.now, timers) go on as always, as they do when a machine's
// clock is set.
const { readFileSync } = require('node:fs');

const RealDate = Date;
let wrongByMs = 0;
const read = () => {
  try {
    wrongByMs = Number(readFileSync(process.env.CHAOS_CLOCK, 'utf8'));
  } catch {
    wrongByMs = 0;
  }
};

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + wrongByMs] : args));
  }

  static now() {
    return RealDate.now() + wrongByMs;
  }
};

read();
// Of SIGUSR2 Temporal's SDK makes an orderly end.
process.on('SIGWINCH', read);
