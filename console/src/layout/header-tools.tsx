import {
  ActionIcon,
  Button,
  Group,
  Kbd,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { IconLogout, IconMoon, IconPointFilled, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { useSession } from '../auth/session';
import { useStreamState } from '../live/live';
import { openPalette } from './palette-store';

/** The right side of the header. */
export function HeaderTools() {
  return (
    <Group gap="xs" wrap="nowrap">
      <LiveSign />
      <Button
        variant="default"
        size="xs"
        visibleFrom="xs"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        onClick={openPalette}
      >
        Find
      </Button>
      <ActionIcon variant="default" size={30} hiddenFrom="xs" onClick={openPalette} aria-label="Find">
        <IconSearch size={16} />
      </ActionIcon>
      <SchemeToggle />
      <Person />
    </Group>
  );
}

const LIVE = {
  open: { colour: 'var(--mantine-color-teal-6)', text: 'Live: what changes is shown at once' },
  connecting: { colour: 'var(--mantine-color-gray-5)', text: 'Live updates are being connected' },
  alone: { colour: 'var(--mantine-color-red-6)', text: 'Live updates are cut; read anew now and then' },
  cut: { colour: 'var(--mantine-color-red-6)', text: 'Live updates are cut; tried again' },
};

function LiveSign() {
  const { colour, text } = LIVE[useStreamState()];
  return (
    <Tooltip label={text}>
      <Group component="output" aria-label={text}>
        <IconPointFilled size={18} color={colour} aria-hidden />
      </Group>
    </Tooltip>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      size={30}
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={16} /> : <IconMoon size={16} />}
    </ActionIcon>
  );
}

function Person() {
  const { name, signOut } = useSession();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={`Signed in as ${name}`}>
          <IconUser size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
