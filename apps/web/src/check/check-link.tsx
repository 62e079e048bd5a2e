/** Where the page looks at browser and network; the server serves the app there too. */
export const CHECK_PATH = '/check';

interface CheckLinkProps {
  /** In a room: it stays open, and what is running goes on. */
  readonly apart?: boolean;
}

export function CheckLink({ apart = false }: CheckLinkProps) {
  return (
    <a href={CHECK_PATH} {...(apart ? { target: '_blank', rel: 'noopener' } : {})}>
      Check the connection
    </a>
  );
}

/** Alerts about connections and the browser, to which the check may know the cause. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'crypto-unsupported',
  'connect-timeout',
  'connection-failed',
  'turn-refused',
  'relay-missing',
  'signaling-refused',
  'signaling-offline',
  'unsupported-browser',
  'webrtc-missing',
]);

export function isAboutConnections(code: string): boolean {
  return CONNECTION_CODES.has(code);
}
