import { lazy, Suspense, type ComponentProps } from 'react';

const Dialog = lazy(async () => ({ default: (await import('./confirm-dialog')).ConfirmDialog }));

/** As ConfirmDialog, for pages that are shown without it: loaded when it is opened. */
export const ConfirmDialog = (props: ComponentProps<typeof Dialog>) => (
  <Suspense fallback={null}>
    <Dialog {...props} />
  </Suspense>
);
