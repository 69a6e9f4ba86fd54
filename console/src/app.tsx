import { MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { AuthProvider } from 'react-oidc-context';
import { SessionProvider } from './auth/session';
import { SignInGate } from './auth/sign-in-gate';
import { createUserManager, returnPath } from './auth/user-manager';
import { LiveProvider } from './live/live';
import { lazyPart } from './parts/load-later';
import { createPageRouter } from './router';
import { SettingsContext, type Settings } from './settings';
import { readableColours, theme } from './theme';

/** Not needed before something has to be told. */
const Notices = lazyPart(async () => (await import('./layout/notices')).Notices);

/** The page, around what each path shows. */
export function App({ settings, nonce }: { settings: Settings; nonce: string }) {
  const [manager] = useState(() => createUserManager(settings));
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={readableColours}
      getStyleNonce={() => nonce}
    >
      <Suspense fallback={null}>
        <Notices />
      </Suspense>
      <SettingsContext value={settings}>
        <AuthProvider
          userManager={manager}
          onSigninCallback={(user) => window.history.replaceState(null, '', returnPath(user?.state))}
        >
          <SignInGate settings={settings}>
            <SessionProvider manager={manager}>
              <LiveProvider>
                <Pages />
              </LiveProvider>
            </SessionProvider>
          </SignInGate>
        </AuthProvider>
      </SettingsContext>
    </MantineProvider>
  );
}

/** Made once somebody is signed in: before that the address is the issuer's way back. */
function Pages() {
  const [router] = useState(createPageRouter);
  return <RouterProvider router={router} />;
}
