import { Suspense, type ComponentProps } from 'react';
import { lazyPart } from './load-later';

const Dialog = lazyPart(async () => (await import('./confirm-dialog')).ConfirmDialog);

/** As ConfirmDialog, for pages that are shown without it: loaded when it is opened. */
export const ConfirmDialog = (props: ComponentProps<typeof Dialog>) => (
  <Suspense fallback={null}>
    <Dialog {...props} />
  </Suspense>
);
