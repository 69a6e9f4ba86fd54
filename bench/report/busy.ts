import type { Machine } from './schema';

/** What is said of figures that were measured beside other work. */
export const BUSY = 'The machine was busy when the run began: times are too long, and ratios are less sure.';

/** Whether half of its processors or more had been at work before anything was measured. */
export const isBusy = ({ loadBefore, cores }: Pick<Machine, 'loadBefore' | 'cores'>): boolean =>
  loadBefore >= cores / 2;
