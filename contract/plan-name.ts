/** What a plan of the plans file may be called. */
export const PLAN_NAME = /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/;
export const PLAN_NAME_FORM = 'must be 1 to 30 lower-case letters, digits and -, and begin with a letter';
