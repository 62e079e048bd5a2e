import type { Page } from '@playwright/test';

export interface Recording {
  all(): Buffer[];
}

/**
 * Everything a page and its server say to each other: HTTP requests (address, headers, body) and every WebSocket
 * frame both ways. This is, byte for byte, what a server could keep. Static files it serves are left out.
 */
export function recordTraffic(page: Page): Recording {
  const heard: Buffer[] = [];
  const keep = (payload: string | Buffer): void => {
    heard.push(Buffer.from(payload));
  };
  page.on('request', request => {
    keep(`${request.method()} ${request.url()}\n${JSON.stringify(request.headers())}\n`);
    const body = request.postDataBuffer();
    if (body !== null) keep(body);
  });
  page.on('websocket', socket => {
    keep(socket.url());
    socket.on('framesent', frame => keep(frame.payload));
    socket.on('framereceived', frame => keep(frame.payload));
  });
  return { all: () => heard };
}
