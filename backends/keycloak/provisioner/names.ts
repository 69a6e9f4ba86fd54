/** The provisioner's client: `freeflow-provisioner`. */
export const clientIdOf = (name: string): string => name.replaceAll('_', '-');
