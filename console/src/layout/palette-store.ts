import { createSpotlight } from '@mantine/spotlight';

const [store, actions] = createSpotlight();

/** The palette, opened by Ctrl-K or from wherever. */
export const paletteStore = store;

export const openPalette = (): void => actions.open();

export const closePalette = (): void => actions.close();
