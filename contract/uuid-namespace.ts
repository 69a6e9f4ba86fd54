/**
 * This product's own namespace for name-based uuids (version 5): the same name always gives the same id. Chosen once,
 * never changed.
 */
export const UUID_NAMESPACE = '6f1a2c9e-4b7d-4e0c-9a35-d2b8f0c4716e';
