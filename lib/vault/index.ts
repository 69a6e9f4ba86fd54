// A KV engine of version 2 in OpenBao or HashiCorp Vault: login, renewal, check-and-set.
export { VaultError, type VaultErrorCode } from './errors';
export { readerPolicy, workerPolicy } from './policies';
export { openVault, VaultKv, type Fields } from './kv';
export { followReferences, referenceTo } from './references';
export { vaultProblems, vaultSettingsOf, type VaultLogin, type VaultSettings, type VaultValues } from './settings';
