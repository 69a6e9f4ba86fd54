/** Whether a webhook gets what happens. */
export const WEBHOOK_STATES = ['enabled', 'disabled'] as const;

/**
 * Why a webhook is disabled: by a person; since nothing reached its receiver for as long as a delivery is tried; since
 * the receiver has answered 410, that it is gone.
 */
export const DISABLED_REASONS = ['person', 'failing', 'gone'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/**
 * `waiting`: for its turn, after the earlier ones of its tenant. `sending`: an attempt is under way. `retrying`: it has
 * failed and is tried again later. `delivered`: the receiver has answered 2xx. `failed`: given up, while others
 * arrived.
 */
export const DELIVERY_STATES = ['waiting', 'sending', 'retrying', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Each event becomes a row for each of them. */
export const MOST_WEBHOOKS = 20;

/** How many attempts a delivery shows: the last ones. */
export const SHOWN_ATTEMPTS = 20;

/** Ids alone: what is sent, where to and by which secret is read by the activity, and is in no history. */
export interface DeliveryInput {
  deliveryId: string;
  /** Each time it is taken up is a round: one attempt. Runs of an earlier one end without doing anything. */
  round: number;
}

/** What has become of an attempt. `superseded`: nothing had to be sent. */
export interface DeliveryProgress {
  outcome: 'delivered' | 'retry' | 'failed' | 'disabled' | 'superseded';
}

/** Attempts have a queue of their own: receivers that do not answer hold nothing up but each other. */
export const webhookQueueOf = (taskQueue: string): string => `${taskQueue}-webhooks`;

/** One run a delivery and round, however often it is started. */
export const deliveryWorkflowIdOf = (taskQueue: string, { deliveryId, round }: DeliveryInput): string =>
  `${taskQueue}-webhook-${deliveryId}-${round}`;
