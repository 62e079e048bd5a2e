import { listKeptRooms, openConnectionCheck, openRoom, removeKeptRoom } from '@shoal/room';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { ErrorBoundary } from './app/error-boundary.tsx';
import { Session } from './app/session.ts';
import { CHECK_PATH } from './check/check-link.tsx';
import { CheckPage } from './check/check-page.tsx';
import { describeDevice } from './format/describe-device.ts';
import { Settings } from './settings/settings.ts';
import { keepFocus } from './ui/keep-focus.ts';
import './styles/tokens.css';
import './styles/base.css';

const SETTINGS_KEY = 'shoal-network';

const settings = new Settings({
  // Storage may be forbidden: then the settings live as long as the page.
  read: () => attempt(() => localStorage.getItem(SETTINGS_KEY)) ?? null,
  write: text => attempt(() => localStorage.setItem(SETTINGS_KEY, text)),
});
// Another tab has changed them.
addEventListener('storage', ({ key }) => {
  if (key === SETTINGS_KEY) settings.reload();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
keepFocus(root);
createRoot(root).render(
  <ErrorBoundary>{location.pathname === CHECK_PATH ? startCheck() : startSession()}</ErrorBoundary>,
);

function startCheck() {
  document.title = 'Connection check – Shoal';
  const check = openConnectionCheck({
    serverUrl: location.origin,
    network: settings,
    deviceName: describeDevice(navigator.userAgent),
  });
  check.run();
  return <CheckPage check={check} settings={settings} />;
}

function startSession() {
  const session = new Session({
    address: {
      href: () => location.href,
      hash: () => location.hash,
      replaceHash: hash => history.replaceState(null, '', `/${hash}`),
    },
    openRoom: link =>
      openRoom({
        serverUrl: location.origin,
        network: settings,
        deviceName: describeDevice(navigator.userAgent),
        ...(link === undefined ? {} : { link }),
      }),
  });
  const library = {
    list: () => listKeptRooms(location.origin),
    remove: removeKeptRoom,
  };
  addEventListener('hashchange', session.followAddress);
  addEventListener('pagehide', event => {
    // A page that the browser only puts aside may come back.
    if (!event.persisted) session.close();
  });
  // `error` is empty for faults that are not the page's own, such as those of browser extensions.
  addEventListener('error', event => {
    if (event.error instanceof Error) session.report(event.error);
  });
  addEventListener('unhandledrejection', event => session.report(event.reason));
  session.followAddress();
  return <App session={session} library={library} settings={settings} />;
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
