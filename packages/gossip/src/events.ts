import type { GossipMessage, LogEntry, PeerId } from '@shoal/protocol';
import type { KeptEntry } from './kept-entry.ts';

/** What the shell tells the engine. */
export type GossipEvent =
  | { readonly type: 'neighbour-joined'; readonly peer: PeerId }
  | { readonly type: 'neighbour-left'; readonly peer: PeerId }
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: GossipMessage }
  /** The answer to a `check` effect. `from` is not needed and only eases the shell's bookkeeping. */
  | { readonly type: 'checked'; readonly entry: LogEntry; readonly valid: boolean; readonly from?: PeerId }
  /** A new entry of this member, made on top of `head(self)`. */
  | { readonly type: 'authored'; readonly entry: LogEntry }
  /** Entries that were checked in an earlier life, in any order, both entries of each fork proof among them. */
  | { readonly type: 'restored'; readonly entries: readonly LogEntry[] }
  /** Every half second or so: what was not sent at once is sent now, and answers are waited for that many times. */
  | { readonly type: 'flush' }
  /** Every 30 s or so: one neighbour in turn is compared with, which repairs whatever was lost. */
  | { readonly type: 'tick' };

/** Why a neighbour's link should end. */
export type MisbehaviourCode = 'malformed-entry' | 'malformed-vector' | 'bad-signature';

/** What the engine asks of the shell, to be carried out in this order. */
export type GossipEffect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: GossipMessage }
  /** Verify the signature (asynchronously) and answer with exactly one `checked`. */
  | { readonly type: 'check'; readonly entry: LogEntry; readonly from: PeerId }
  /**
   * To be shown, and to be stored unless `stored` says that it came out of the store (`restored`). Each author's come in order of `seq`. An own entry must be on disk before the sends that
   * follow it leave: a member that forgets what it told others forks its own log.
   */
  | { readonly type: 'accepted'; readonly entry: LogEntry; readonly stored: boolean }
  /**
   * The author signed two different histories; everything of theirs from `fromSeq` on is void. May come again with a
   * smaller `fromSeq`. Store both entries (they may share a `seq`) and hand them back with `restored`.
   */
  | {
      readonly type: 'forked';
      readonly author: PeerId;
      readonly fromSeq: number;
      readonly entries: readonly [KeptEntry, KeptEntry];
    }
  /** Once per link; nothing more is taken from this neighbour or sent to it until it joins anew. */
  | {
      readonly type: 'misbehaved';
      readonly peer: PeerId;
      readonly code: MisbehaviourCode;
      readonly text: string;
    };
