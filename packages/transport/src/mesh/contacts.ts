import { parseMemberAddress } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';
import type { Dialler } from './dialler.ts';
import type { Gardener } from './gardener.ts';

/** What became of those we dialled or who dialled us: goes to the dialler or to the gardener, by the kind of address. */
export class Contacts {
  readonly #dialler: Dialler;
  readonly #gardener: Gardener;

  constructor(dialler: Dialler, gardener: Gardener) {
    this.#dialler = dialler;
    this.#gardener = gardener;
  }

  /** Who is behind an address at the server; one of a member says so itself. */
  identify(address: string, peer: PeerId): void {
    if (parseMemberAddress(address) === undefined) this.#dialler.book.identify(address, peer);
  }

  /** Counts a connection that came to nothing and returns how many there were. */
  failed(address: string): number {
    const member = parseMemberAddress(address);
    return member === undefined ? this.#dialler.book.failed(address) : this.#gardener.failed(address, member);
  }

  succeeded(address: string): void {
    const member = parseMemberAddress(address);
    if (member === undefined) this.#dialler.succeeded(address);
    else this.#gardener.succeeded(member);
  }

  gone(address: string): void {
    const member = parseMemberAddress(address);
    if (member === undefined) this.#dialler.book.gone(address);
    else this.#gardener.failed(address, member);
  }

  /** Not dialled under this address again. A member that one neighbour speaks ill of may still be reached over another. */
  block(address: string): void {
    const member = parseMemberAddress(address);
    if (member === undefined) this.#dialler.book.block(address);
    else this.#gardener.failed(address, member);
  }

  /** Something failed or was lost: look again soon. */
  retry(): void {
    this.#dialler.retry();
    this.#gardener.consider();
  }
}
