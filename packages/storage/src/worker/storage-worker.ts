import { geometryOf } from '@shoal/protocol';
import { StorageError, toStorageError } from '../errors.ts';
import { saveFolder } from '../save-folder/save-folder.ts';
import { FileTemp } from '../zip/temp.ts';
import { writeZip } from '../zip/write-zip.ts';
import type { FromWorker, Notice, Request, Result, ToWorker } from './messages.ts';
import { openStore, type OpenStore } from './open-store.ts';

/** Speaks the messages; owns no algorithm. Every failure leaves as a reply or an event with a code, never as an exception. */
export class StorageWorker {
  readonly #post: (message: FromWorker, transfer: Transferable[]) => void;
  readonly #aborts = new Map<number, AbortController>();
  #store: OpenStore | undefined;

  constructor(post: (message: FromWorker, transfer: Transferable[]) => void) {
    this.#post = post;
  }

  receive(message: ToWorker): void {
    if (message.type === 'call') void this.#call(message.id, message.request);
    else void this.#notice(message);
  }

  async #call(id: number, request: Request): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    let result: Result;
    try {
      result = await this.#answer(request, abort.signal);
    } catch (error) {
      const { code, message } = toStorageError(error);
      result = { type: 'error', code, text: message };
    }
    this.#aborts.delete(id);
    this.#post({ type: 'reply', id, result }, result.type === 'bytes' ? [result.bytes.buffer] : []);
  }

  async #notice(notice: Notice): Promise<void> {
    if (notice.type === 'abort') {
      this.#aborts.get(notice.call)?.abort();
      return;
    }
    try {
      const { core } = this.#demand();
      if (notice.type === 'write') await core.write(notice.offer, notice.piece, notice.begin, notice.data);
      else if (notice.type === 'expect') await core.expect(notice.offer, notice.first, notice.hashes);
      else await core.discard(notice.offer, notice.piece);
    } catch (error) {
      const { code, message: text } = toStorageError(error);
      const pieces = notice.type === 'write' ? [notice.piece] : [];
      this.#post({ type: 'event', event: { type: 'failed', offer: notice.offer, pieces, code, text } }, []);
    }
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Result> {
    if (request.type === 'open') {
      this.#store = await openStore(request, event => this.#post({ type: 'event', event }, []));
      return { type: 'opened', kind: this.#store.kind };
    }
    const store = this.#demand();
    const { core } = store;
    switch (request.type) {
      case 'add-offer': {
        const geometry = geometryOf(request.pieceLength, request.files);
        const { offer, source, outlets } = request;
        return { type: 'added', ...(await core.addOffer(offer, geometry, source, outlets)) };
      }
      case 'read': {
        const { offer, piece, begin, length, headroom, spare } = request;
        return { type: 'bytes', bytes: await core.read(offer, piece, begin, length, headroom, spare) };
      }
      case 'hash':
        return { type: 'bytes', bytes: await core.hash(request.offer, request.first, request.count) };
      case 'verify':
        return { type: 'compared', ...(await core.verify(request.offer)) };
      case 'has-room':
        return { type: 'answer', yes: await store.hasRoom(request.bytes) };
      case 'file':
        return { type: 'blob', blob: await core.file(request.offer, request.file) };
      case 'zip': {
        const { into } = request;
        return {
          type: 'blob',
          blob: await writeZip(
            request.files,
            ({ offer, file }) => core.file(offer, file),
            into === undefined ? store.temp : () => new FileTemp(into),
            signal,
          ),
        };
      }
      case 'save-folder':
        await saveFolder(request.files, ({ offer, file }) => core.file(offer, file), request.into);
        return { type: 'done' };
      case 'remove-files':
        await core.removeFiles(request.offer, request.files);
        return { type: 'done' };
      case 'remove-offer':
        await core.removeOffer(request.offer);
        return { type: 'done' };
      case 'close':
        this.#store = undefined;
        await store.close();
        return { type: 'done' };
    }
  }

  #demand(): OpenStore {
    if (this.#store === undefined) throw new StorageError('closed');
    return this.#store;
  }
}
