import { createTheme, darken, type CSSVariablesResolver, type MantineTheme } from '@mantine/core';

/** Calm, and dense enough for tables: one accent, small type, little round. */
export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: 9,
  autoContrast: true,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '600' },
  components: {
    // Of the colour of text, on a tint: the colours' own do not stand out enough to be read.
    Badge: {
      defaultProps: { tt: 'none', fw: 500 },
      styles: { root: { minWidth: 'fit-content' }, label: { color: 'var(--mantine-color-text)' } },
    },
    Alert: { styles: { label: { color: 'var(--mantine-color-text)' } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    TextInput: { defaultProps: { autoComplete: 'off' } },
  },
});

/** Darker than the shade itself where it is pointed at, not lighter: what is on it stays as readable. */
const hoverColours = (colors: MantineTheme['colors']) =>
  Object.fromEntries(
    Object.entries(colors).map(([name, shades]) => [`--mantine-color-${name}-filled-hover`, darken(shades[9], 0.15)]),
  );

/** What is told quietly has to be read all the same: 4.5 to 1 against what it is on. */
export const readableColours: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    ...hoverColours(colors),
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-placeholder': colors.gray[7],
    '--mantine-color-error': colors.red[9],
    '--mantine-color-cyan-light-hover': 'var(--mantine-color-cyan-light)',
  },
  dark: {
    ...hoverColours(colors),
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-placeholder': colors.dark[1],
    '--mantine-color-error': colors.red[4],
  },
});
