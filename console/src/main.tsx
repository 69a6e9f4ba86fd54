// Those of its parts come with them (build.mjs).
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './page.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { BASE } from './auth/user-manager';
import { readSettings } from './settings';

/** What may put a style sheet into this page says so by it (the policy is set by the API). */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
// As libraries look for it that know no other way.
Object.assign(globalThis, { __webpack_nonce__: nonce });

// A part that was built anew meanwhile has another name: the page as a whole does.
window.addEventListener('vite:preloadError', () => void reloadIfReplaced());

/** Not while the API is away: what is shown, and what is under way, would be lost; nor again and again between builds. */
async function reloadIfReplaced(): Promise<void> {
  const LEAST_BETWEEN_MS = 60_000;
  const own = document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? '';
  const page = await fetch(`${BASE}/`, { cache: 'no-store' }).catch(() => undefined);
  if (page?.ok !== true || (await page.text()).includes(own)) return;
  const last = Number(sessionStorage.getItem('freeflow-reloaded') ?? 0);
  if (Date.now() - last < LEAST_BETWEEN_MS) return;
  sessionStorage.setItem('freeflow-reloaded', String(Date.now()));
  window.location.reload();
}

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <App settings={readSettings()} nonce={nonce} />
  </StrictMode>,
);
