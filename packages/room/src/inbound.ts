import type { CatalogueChange } from '@shoal/gossip';
import type { PeerId, PeerMessage } from '@shoal/protocol';
import type { StorageEvent } from '@shoal/storage';
import type { SwarmEvent } from '@shoal/swarm';
import type { MeshEvent } from '@shoal/transport';
import type { GossipDriver } from './gossip-driver.ts';
import type { HashDriver } from './hash-driver.ts';
import type { IntoFiles } from './into-files.ts';
import type { Links } from './links.ts';
import type { Offers } from './offers.ts';
import type { RoomReceipts } from './receipt-wiring.ts';
import type { RoomChange, RoomSnapshot } from './snapshot.ts';
import type { Space } from './space.ts';
import type { Unreached } from './unreached.ts';

export interface InboundOptions {
  readonly links: Pick<Links, 'add' | 'get' | 'remove' | 'receive'>;
  readonly gossip: Pick<GossipDriver, 'catalogue' | 'message' | 'receive' | 'writable'>;
  readonly hashes: Pick<HashDriver, 'learn' | 'seal'>;
  readonly offers: Pick<Offers, 'add' | 'whenAdded' | 'get' | 'withdrawn' | 'fail' | 'pause'>;
  readonly receipts: Pick<RoomReceipts, 'verified' | 'left'>;
  readonly space: Pick<Space, 'full'>;
  readonly intoFiles: Pick<IntoFiles, 'stored'>;
  readonly unreached: Pick<Unreached, 'joined' | 'takes'>;
  swarm(event: SwarmEvent): void;
  connection(state: RoomSnapshot['connection']): void;
  tell(code: string, text: string): void;
  failed(error: unknown): void;
  changed(change: RoomChange): void;
}

/** What mesh, store and log tell a room, brought to whom it concerns. Decides nothing. */
export class Inbound {
  readonly #options: InboundOptions;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** A neighbour's message, decoded and checked. */
  message(peer: PeerId, message: PeerMessage): void {
    const { gossip, hashes, swarm, failed } = this.#options;
    switch (message.type) {
      case 'log-vector':
      case 'log-entries':
      case 'log-digest':
      case 'log-part':
      case 'log-heads':
      case 'log-done':
      case 'log-prune':
        gossip.message(peer, message);
        break;
      case 'hashes':
        hashes.learn(peer, message).catch(failed);
        break;
      case 'hello':
      case 'goodbye':
      case 'ping':
      case 'pong':
      case 'peers':
      case 'relay':
      case 'relayed':
      case 'relay-refused':
      case 'lane':
      case 'move':
      case 'moved':
        break; // The transport's own business.
      default:
        swarm({ type: 'message', peer, message });
    }
  }

  /** The room log told something new. */
  catalogueChanged(changes: readonly CatalogueChange[]): void {
    const { gossip, hashes, offers, failed, changed } = this.#options;
    for (const change of changes) {
      if (change.type === 'offer') {
        const offer = gossip.catalogue.offers.get(change.offer);
        if (offer !== undefined) offers.add(offer).then(() => changed('state'), failed);
      } else if (change.type === 'sealed') {
        const root = gossip.catalogue.offers.get(change.offer)?.root;
        if (root !== undefined) offers.whenAdded(change.offer, () => hashes.seal(change.offer, root));
      } else if (change.type === 'withdrawn') {
        offers.withdrawn(change.offer);
      } else if (change.type === 'revoked') {
        for (const offer of change.gone) offers.fail(offer);
      }
    }
    changed('state');
  }

  /** The store has judged, lost or could not keep something. */
  stored(event: StorageEvent): void {
    const { offers, receipts, space, intoFiles, swarm, tell, changed } = this.#options;
    let change: RoomChange = 'state';
    if (event.type === 'verified') {
      const state = offers.get(event.offer);
      for (const piece of event.pieces) state?.add(piece);
      if (state !== undefined && state.missingBytes() > 0) change = 'numbers';
      swarm({ type: 'pieces-verified', offer: event.offer, pieces: event.pieces });
      receipts.verified(event.offer);
    } else if (event.type === 'outlet' || event.type === 'outlet-failed') {
      intoFiles.stored(event);
    } else if (event.type === 'corrupt') {
      swarm({ type: 'piece-failed', offer: event.offer, piece: event.piece });
    } else {
      const { offer, pieces } = event;
      if (offer !== undefined) {
        // The offer pauses first, or the lost pieces would be asked for again at once; it goes on when a person has made room.
        if (event.code === 'disk-full') space.full(offer);
        else offers.pause(offer, undefined);
        for (const piece of pieces) swarm({ type: 'piece-lost', offer, piece });
      }
      if (event.code !== 'disk-full' || offer === undefined) tell(event.code, event.text);
    }
    changed(change);
  }

  /** Neighbours come, go and send; the server is there or not. */
  meshed(event: MeshEvent): void {
    const { links, gossip, receipts, unreached, swarm, tell, connection, changed } = this.#options;
    switch (event.type) {
      case 'neighbour-joined': {
        const { neighbour } = event;
        unreached.joined(neighbour.peer);
        links.add(neighbour);
        gossip.receive({ type: 'neighbour-joined', peer: neighbour.peer });
        swarm({ type: 'neighbour-joined', peer: neighbour.peer });
        swarm({ type: 'send-room', peer: neighbour.peer, bytes: neighbour.room });
        break;
      }
      case 'neighbour-left':
        receipts.left(event.peer);
        links.remove(event.peer);
        gossip.receive({ type: 'neighbour-left', peer: event.peer });
        swarm({ type: 'neighbour-left', peer: event.peer });
        break;
      case 'frame':
        links.receive(event.peer, event.frame);
        break;
      case 'writable':
        // First, or whoever fetches without pause would never hear of what is new.
        gossip.writable(event.peer);
        swarm({ type: 'send-room', peer: event.peer, bytes: links.get(event.peer)?.room ?? event.room });
        break;
      case 'path':
        swarm({ type: 'round-trip', peer: event.peer, ms: event.leastRttMs });
        break;
      case 'lanes':
        swarm({ type: 'lanes', peer: event.peer, connections: event.connections });
        break;
      case 'signaling':
        connection(event.state);
        break;
      case 'failure':
        if (!unreached.takes(event)) tell(event.code, event.text);
        break;
    }
    // A frame changes numbers only, and the tick shows those.
    if (event.type === 'path' || event.type === 'lanes') changed('numbers');
    else if (event.type !== 'frame' && event.type !== 'writable') changed('state');
  }
}
