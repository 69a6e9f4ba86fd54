/** For how long the credentials before a rotation stay valid where nobody says, in seconds. */
export const DEFAULT_OVERLAP_S = 3_600;

/** The requester of what a schedule asks for. */
export const SCHEDULE = 'schedule';

/** The longest time that may be asked for: whoever has not changed by then has forgotten it. */
export const LONGEST_OVERLAP_S = 30 * 86_400;

/**
 * Whether credentials that are still valid beside the last ones stand in the way of another rotation: of one with an
 * overlap any, since they would get a longer time; of one without a second one, since each has a login of its own of
 * which there are three.
 */
export const isOverlapInTheWay = (stillThere: number, overlapSeconds: number): boolean =>
  stillThere > (overlapSeconds === 0 ? 1 : 0);

/** What becomes of credentials that were not ended, or not withdrawn, for what cuts their tenant off. */
export const ADVICE_ON_CUT =
  'Those credentials are cut off with the tenant. Once it is active again what is due is ended by itself; a rotation that was rolled back has to be requested again.';
