import { pieceStoreContract } from '../testing/piece-store-contract.ts';

pieceStoreContract('opfs');
pieceStoreContract('indexeddb');
pieceStoreContract('memory');
