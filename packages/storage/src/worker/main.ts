import { StorageWorker } from './storage-worker.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** The two things of a dedicated worker that are used; the DOM types describe a window. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

declare const self: WorkerScope;

const worker = new StorageWorker((message, transfer) => self.postMessage(message, transfer));
self.onmessage = event => worker.receive(event.data);
