import { Modal, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight } from '@mantine/spotlight';
import { IconLogout, IconMoon, IconPlus, IconSearch, IconSun, type Icon } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { tenantListQuery } from '../api/tenants';
import { useApi, useSession } from '../auth/session';
import { NAVIGATION } from './navigation';
import { closePalette, paletteStore } from './palette-store';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;
const MOST_TENANTS = 8;
const TYPING_MS = 150;
const NONE = -1;
/** That of the selected one is faded by Mantine until it can't be read on the colour that selects it. */
const READABLE = { actionDescription: { opacity: 1 } };

/** Everything by a few letters: tenants, pages, and what one does anywhere. */
export function Palette() {
  const [query, setQuery] = useState('');
  const commands = useCommands().filter(({ label }) => label.toLowerCase().includes(query.trim().toLowerCase()));
  const tenants = useTenants(query);
  const navigate = useNavigate();
  const first = commands.length === 0 ? tenants[0]?.id : undefined;
  // They come later than what was typed, by which nothing was selected: the first is all the same.
  useEffect(() => {
    if (first !== undefined) paletteStore.updateState((state) => ({ ...state, selected: NONE }));
  }, [first]);
  const show = (tenantId: string) => void navigate({ to: '/tenants/$tenantId', params: { tenantId } });
  const takeFirst = ({ key }: { key: string }) => {
    if (key !== 'Enter' || first === undefined || paletteStore.getState().selected !== NONE) return;
    closePalette();
    show(first);
  };
  return (
    <Spotlight.Root store={paletteStore} query={query} onQueryChange={setQuery} shortcut={null} styles={READABLE}>
      <Modal.Title className="visually-hidden">Find</Modal.Title>
      <Spotlight.Search
        placeholder="A tenant, a page, a command"
        aria-label="A tenant, a page, a command"
        onKeyDown={takeFirst}
        leftSection={<IconSearch {...ICON} />}
      />
      <Spotlight.ActionsList>
        {commands.map(({ label, description, icon: ItsIcon, run }) => (
          <Spotlight.Action
            key={label}
            label={label}
            description={description}
            leftSection={<ItsIcon {...ICON} />}
            onClick={run}
          />
        ))}
        {tenants.map(({ id, name, displayName, status }) => (
          <Spotlight.Action
            key={id}
            label={name}
            description={[status, displayName].filter((it) => it !== null).join(' · ')}
            onClick={() => show(id)}
          />
        ))}
        {tenants.length + commands.length === 0 ? <Spotlight.Empty>Nothing is called so</Spotlight.Empty> : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

interface Command {
  label: string;
  description?: string;
  icon: Icon;
  run: () => void;
}

function useCommands(): Command[] {
  const navigate = useNavigate();
  const { signOut } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  return [
    ...NAVIGATION.map(({ to, title, description, icon }) => ({
      label: title,
      description,
      icon,
      run: () => void navigate({ to }),
    })),
    { label: 'New tenant', icon: IconPlus, run: () => void navigate({ to: '/tenants', search: { create: true } }) },
    { label: 'Light colours', icon: IconSun, run: () => setColorScheme('light') },
    { label: 'Dark colours', icon: IconMoon, run: () => setColorScheme('dark') },
    { label: 'Sign out', icon: IconLogout, run: signOut },
  ];
}

/** Those whose names begin so; none while nothing is typed. */
function useTenants(query: string) {
  const [settled] = useDebouncedValue(query.trim().toLowerCase(), TYPING_MS);
  const { data } = useQuery({
    ...tenantListQuery(useApi(), { prefix: settled, limit: MOST_TENANTS }),
    enabled: /^[a-z0-9]{1,30}$/.test(settled),
    placeholderData: keepPreviousData,
  });
  return query.trim() === '' ? [] : (data?.items ?? []);
}
