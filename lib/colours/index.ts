import pico from 'picocolors';

const { env, stdout } = process;

/**
 * Colours for people at a terminal. The library colours wherever the variable CI is set, pipes included; what we print
 * is read by `grep` and `awk` there as anywhere, so only a terminal has colours, unless FORCE_COLOR asks for them.
 */
export const colours = pico.createColors(
  !env.NO_COLOR && (Boolean(env.FORCE_COLOR) || (stdout.isTTY === true && env.TERM !== 'dumb')),
);
