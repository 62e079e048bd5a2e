import { StorageError } from '../errors.ts';
import type { StorageEvent } from '../piece-store.ts';
import type { FromWorker, Notice, Request, Result, ToWorker } from '../worker/messages.ts';

/** The part of `Worker` that is used. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

interface Pending {
  resolve(result: Result): void;
  reject(error: StorageError): void;
}

/** Pairs calls to the storage worker with their replies, and passes its events on. */
export class WorkerClient {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: StorageEvent) => void>();
  #nextId = 0;
  #ended = false;

  constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#receive(data);
    // Only a worker that cannot be loaded or that has a bug comes here; either way no reply can be hoped for.
    worker.onerror = event => {
      this.end(
        // What types do not say: where the script is not there, the event is a plain one.
        'message' in event
          ? new StorageError('io', `The storage worker failed: ${event.message}`)
          : new StorageError('not-loaded'),
      );
    };
  }

  subscribe(listener: (event: StorageEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(notice: Notice, transfer: Transferable[] = []): void {
    if (!this.#ended) this.#worker.postMessage(notice, transfer);
  }

  /** Rejects with the worker's StorageError; so a result of type 'error' never comes out. */
  call(
    request: Request,
    signal?: AbortSignal,
    transfer: Transferable[] = [],
  ): Promise<Exclude<Result, { type: 'error' }>> {
    if (this.#ended) return Promise.reject(new StorageError('closed'));
    if (signal?.aborted === true) return Promise.reject(new StorageError('aborted'));
    const id = this.#nextId;
    this.#nextId += 1;
    const abort = (): void => this.notify({ type: 'abort', call: id });
    signal?.addEventListener('abort', abort, { once: true });
    return new Promise<Result>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ type: 'call', id, request }, transfer);
    })
      .then(result => {
        if (result.type === 'error') throw new StorageError(result.code, result.text);
        return result;
      })
      .finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Ends the worker; what is pending rejects with `reason`. */
  end(reason: StorageError = new StorageError('closed')): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    if (reason.code !== 'closed') {
      this.#emit({ type: 'failed', pieces: [], code: reason.code, text: reason.message });
    }
  }

  #receive(message: FromWorker): void {
    if (message.type === 'event') {
      this.#emit(message.event);
      return;
    }
    this.#pending.get(message.id)?.resolve(message.result);
    this.#pending.delete(message.id);
  }

  #emit(event: StorageEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
