// Where webhooks may be sent: addresses, names and URLs; and what is sealed of them.
export { AddressRefused, assertLiteralAllowed, guardedLookup } from './guarded-lookup';
export { makeWebhookSecret } from './make-secret';
export { networkPolicy, type NetworkPolicy } from './network-policy';
export { readReceiverUrl, type ReceiverUrl } from './receiver-url';
export type { Resolve } from './resolve-name';
export {
  openWebhookSecrets,
  resealWebhookParts,
  sealWebhookParts,
  type SealedPart,
  type SealedRow,
} from './sealed-secrets';
