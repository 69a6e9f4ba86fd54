import { Stack, Text, Title } from '@mantine/core';
import { ButtonLink } from '../parts/links';

export function NoSuchPage() {
  return (
    <Stack align="flex-start">
      <Title order={1} size="h3">
        There is no such page
      </Title>
      <Text>The address may be mistyped, or of another version of the console.</Text>
      <ButtonLink to="/tenants" variant="default">
        To the tenants
      </ButtonLink>
    </Stack>
  );
}
