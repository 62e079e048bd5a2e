import type { PeerMessage } from '@shoal/protocol';

/** Piece hashes as they travel: a run with the reason to believe it. */
export type HashesMessage = Extract<PeerMessage, { type: 'hashes' }>;

export type HashBookCode =
  /** The message is about another offer. */
  | 'wrong-offer'
  /** No, broken or too many hashes, or pieces that the offer does not have. */
  | 'malformed'
  | 'bad-signature'
  | 'bad-proof'
  /** A proof came before the seal did: nobody's fault, ask again once the seal is known. */
  | 'not-sealed'
  /** The author signed two different hashes for one piece. */
  | 'contradiction'
  /** The author sealed a root that the hashes they signed do not lead to. */
  | 'seal-contradiction';

/** What an author did who cannot be believed any more. */
export type Condemnation = Extract<HashBookCode, 'contradiction' | 'seal-contradiction'>;

export interface HashBookFailure {
  readonly ok: false;
  readonly code: HashBookCode;
  /** Whose fault it is: drop the neighbour that sent it, give up the offer, or neither. */
  readonly blame: 'sender' | 'author' | 'nobody';
}

export type LearnResult =
  | {
      readonly ok: true;
      readonly first: number;
      readonly count: number;
      /** How many of them were not known before. */
      readonly fresh: number;
    }
  | HashBookFailure;

export type SealResult = { readonly ok: true } | HashBookFailure;
