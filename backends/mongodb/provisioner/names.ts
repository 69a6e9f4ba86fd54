/** The provisioner's user and role: `freeflow_provisioner` with the role `freeflowProvisioner`. */
export const mongoNames = (name: string) => ({
  user: name,
  role: name.replace(/_+(\w?)/g, (_all, letter: string) => letter.toUpperCase()),
});
