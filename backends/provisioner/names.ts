/** What the provisioner is called, unless another one is wanted beside it; each backend derives its own form of it. */
export const PROVISIONER = 'freeflow_provisioner';

/**
 * A set-up changes any role or account of this name: an owner's, an application's or a master role's name can't be one.
 */
const PATTERN = /^[a-z][a-z0-9_]{0,40}_provisioner$/;

/** Whether a text may be the name of a provisioner. */
export const isProvisionerName = (text: string): boolean => PATTERN.test(text);

/** The form of such a name, in words. */
export const PROVISIONER_NAME_FORM = 'lower-case letters, digits and _, with _provisioner at the end';
