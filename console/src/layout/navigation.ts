import { IconBuildings, type Icon } from '@tabler/icons-react';

/** A page of the menu, and of the palette. */
export interface Destination {
  to: '/tenants';
  title: string;
  description: string;
  icon: Icon;
}

export const NAVIGATION: readonly Destination[] = [
  { to: '/tenants', title: 'Tenants', description: 'All tenants, and a new one', icon: IconBuildings },
];
