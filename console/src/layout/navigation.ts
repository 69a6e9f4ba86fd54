import {
  IconBuildings,
  IconFileSearch,
  IconGitCompare,
  IconLifebuoy,
  IconVersions,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';

/** A page of the menu, and of the palette. */
export interface Destination {
  to: '/tenants' | '/on-call' | '/fleet' | '/reconcile' | '/webhooks' | '/audit';
  title: string;
  description: string;
  icon: Icon;
}

export const NAVIGATION: readonly Destination[] = [
  { to: '/tenants', title: 'Tenants', description: 'All tenants, and a new one', icon: IconBuildings },
  { to: '/on-call', title: 'On call', description: 'What is stuck, why, and the answers to it', icon: IconLifebuoy },
  {
    to: '/fleet',
    title: 'Fleet',
    description: 'Who has which version of the blueprint, and upgrades of all of them',
    icon: IconVersions,
  },
  {
    to: '/reconcile',
    title: 'Reconcile',
    description: 'What differs from what is recorded, and what of it can be repaired',
    icon: IconGitCompare,
  },
  { to: '/webhooks', title: 'Webhooks', description: 'Where events are sent, and what arrived', icon: IconWebhook },
  { to: '/audit', title: 'Audit', description: 'Who changed what, and who was refused', icon: IconFileSearch },
];
