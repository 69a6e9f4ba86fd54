import { AppShell, Burger, Group, ScrollArea, Text } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useSession } from '../auth/session';
import { MenuLink } from '../parts/links';
import { lazyPart } from '../parts/load-later';
import { Banners } from './banners';
import { HeaderTools } from './header-tools';
import { NAVIGATION } from './navigation';
import { NotAllowed } from './not-allowed';
import { openPalette } from './palette-store';

/** Not needed to see anything. */
const Palette = lazyPart(async () => (await import('./palette')).Palette);

/** What is around every page: the menu, who is signed in, and what is wrong with all of it. */
export function Shell() {
  const [isMenuOpen, menu] = useDisclosure(false);
  const { forbidden } = useSession();
  const { pathname } = useLocation();
  // Here, not in the palette: it may be asked for before it is loaded.
  useHotkeys([['mod+K', openPalette]], []);
  const { close } = menu;
  useEffect(() => close(), [pathname, close]);
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
      padding="md"
    >
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isMenuOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isMenuOpen ? 'Close the menu' : 'Open the menu'}
            />
            <Text fw={600}>FreeFlow</Text>
          </Group>
          <HeaderTools />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <ScrollArea>
          {NAVIGATION.map(({ to, title, icon: Icon }) => (
            <MenuLink
              key={to}
              to={to}
              label={title}
              leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
              active={pathname === to || pathname.startsWith(`${to}/`)}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Banners />
        {forbidden === null ? <Outlet /> : <NotAllowed problem={forbidden} />}
      </AppShell.Main>
      <Suspense fallback={null}>
        <Palette />
      </Suspense>
    </AppShell>
  );
}
