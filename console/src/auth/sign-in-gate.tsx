import { Alert, Button, Center, Code, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAuth } from 'react-oidc-context';
import type { Settings } from '../settings';
import { stateOfHere } from './user-manager';

/** Shows what is below it once somebody is signed in; also when that ends meanwhile, so that nothing typed is lost. */
export function SignInGate({ settings, children }: { settings: Settings; children: ReactNode }) {
  const auth = useAuth();
  if (auth.user) return children;
  if (auth.isLoading || (auth.activeNavigator !== undefined && auth.error === undefined))
    return (
      <Center h="100dvh">
        <Loader aria-label="Signing in" />
      </Center>
    );
  return <SignInPage settings={settings} failure={auth.error?.message} />;
}

function SignInPage({ settings, failure }: { settings: Settings; failure: string | undefined }) {
  const auth = useAuth();
  // Browsers give it to pages by https and of this machine alone.
  const canSignIn = window.isSecureContext;
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" radius="md" maw={420} w="100%">
        <Stack>
          <div>
            <Title order={1} size="h3">
              FreeFlow
            </Title>
            <Text c="dimmed">Tenants, and what happens to them</Text>
          </div>
          {failure === undefined ? null : (
            <Alert color="red" title="Signing in has failed" role="alert">
              {failure}
            </Alert>
          )}
          {canSignIn ? (
            <Button onClick={() => void auth.signinRedirect({ state: stateOfHere() })}>Sign in</Button>
          ) : (
            <Alert color="yellow" title="Open this page by https" role="alert">
              Browsers let nobody sign in on a page that came by http from another machine.
            </Alert>
          )}
          <Text size="xs" c="dimmed">
            At <Code>{settings.issuer}</Code>
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
