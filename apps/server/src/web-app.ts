import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';

/** Paths of the single-page app that are no files. */
const APP_ROUTES: ReadonlySet<string> = new Set(['/', '/index.html', '/check']);

const HASHED_ASSETS = '/assets/';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves the built web app from `root`. */
export function webApp(root: string): RequestHandler {
  const files = sirv(root, {
    // Looks at the disk on each request. The cached listing of the other mode goes stale when the app is rebuilt, and
    // opening a file that is gone then ends the process.
    dev: true,
    etag: true,
    setHeaders: (response, path) => {
      const caching = path.startsWith(HASHED_ASSETS) ? 'public, max-age=31536000, immutable' : 'no-cache';
      response.setHeader('Cache-Control', caching);
    },
  });
  return (request, response) => {
    const path = pathOf(request);
    if (path === undefined || path.split('/').some(segment => segment.startsWith('.'))) {
      sendText(response, 404, 'not-found', 'There is nothing here.');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendText(response, 405, 'method-not-allowed', 'Only GET and HEAD are served here.');
      return;
    }
    if (!isWebAppBuilt(root)) {
      sendText(response, 503, 'web-app-missing', 'The web app is not built. Run: npm run build');
      return;
    }
    // No file here is worth a partial answer, and sirv answers nonsensical ranges by throwing.
    delete request.headers.range;
    request.url = APP_ROUTES.has(path) ? '/' : path;
    // sirv pipes and looks away: an aborted answer would keep its file open for good, and a file that does not open would end the process.
    response.once('pipe', file => {
      file.once('error', () => response.destroy());
      response.once('close', () => file.destroy());
    });
    files(request, response, () => {
      sendText(response, 404, 'not-found', 'There is nothing here.');
    });
  };
}

export function isWebAppBuilt(root: string): boolean {
  return existsSync(join(root, 'index.html'));
}

/** The path as sirv will decode it, without the query; undefined when it cannot be decoded or leaves the root. */
export function pathOf(request: IncomingMessage): string | undefined {
  const raw = (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';
  try {
    const path = decodeURIComponent(raw);
    return path.startsWith('/') && !/[\0\\%]/.test(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** A plain answer with a literal code that programs can tell apart. */
export function sendText(response: ServerResponse, status: number, code: string, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  if (status >= 400) response.setHeader('X-Error-Code', code);
  response.end(`${text}\n`);
}
