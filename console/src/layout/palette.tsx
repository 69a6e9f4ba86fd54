import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconLogout, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useSession } from '../auth/session';
import { NAVIGATION } from './navigation';
import { paletteStore } from './palette-store';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;

/** Everything by a few letters: pages, and what one does anywhere. */
export function Palette() {
  const navigate = useNavigate();
  const { signOut } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const actions: SpotlightActionData[] = [
    ...NAVIGATION.map(({ to, title, description, icon: Icon }) => ({
      id: to,
      label: title,
      description,
      leftSection: <Icon {...ICON} />,
      onClick: () => void navigate({ to }),
    })),
    { id: 'light', label: 'Light colours', leftSection: <IconSun {...ICON} />, onClick: () => setColorScheme('light') },
    { id: 'dark', label: 'Dark colours', leftSection: <IconMoon {...ICON} />, onClick: () => setColorScheme('dark') },
    { id: 'sign-out', label: 'Sign out', leftSection: <IconLogout {...ICON} />, onClick: signOut },
  ];
  return (
    <Spotlight
      store={paletteStore}
      actions={actions}
      shortcut="mod + K"
      nothingFound="Nothing is called so"
      searchProps={{
        leftSection: <IconSearch {...ICON} />,
        placeholder: 'Go to, or do',
        'aria-label': 'Go to, or do',
      }}
    />
  );
}
