import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './fact.module.css';

/** What is known of something, a line each: to be put into a list of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" className={classes.value ?? ''}>
        {children}
      </Text>
    </>
  );
}

export const Facts = ({ children }: { children: ReactNode }) => <dl className={classes.facts}>{children}</dl>;
