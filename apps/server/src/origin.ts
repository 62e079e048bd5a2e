import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of that origin may talk to us. Without an Origin header it is no foreign page: browsers leave it out
 * for same-origin GETs only, and other programs can claim anything anyway.
 */
export function isAllowedOrigin(headers: IncomingHttpHeaders, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return isSameHost(url, host) || allowedOrigins.includes(url.origin);
}

/** Hosts only: behind a TLS proxy the page is https while we speak http. Some proxies write the port that goes without saying, too. */
function isSameHost(page: URL, host: string | undefined): boolean {
  const own = `${page.protocol}//${host}`;
  return host !== undefined && URL.canParse(own) && new URL(own).host === page.host;
}
