/**
 * The spinner's library, where a person watches only: it computes as long as the rest of a command while it is loaded.
 */
export const loadSpinner = async () => (await import('ora')).default;
