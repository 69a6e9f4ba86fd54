import type { LimitState, Notes } from '../backend';

// MongoDB 6 bounds neither the connections of a user, nor the size of a database, nor what its commands cost: what a
// plan says is measured, and reported.
// https://www.mongodb.com/docs/v6.0/reference/limits/

/** Nothing that a plan could change. */
export const NO_LIMITS: LimitState = {};

export const NOTHING_TO_LIMIT: Notes = ['MongoDB limits no tenant: what the plan says is measured and reported'];
