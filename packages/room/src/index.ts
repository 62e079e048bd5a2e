export { openConnectionCheck } from './check/connection-check.ts';
export type { CheckId, CheckSnapshot, ConnectionCheck } from './check/connection-check.ts';
export { RoomError } from './errors.ts';
export type { RoomErrorCode } from './errors.ts';
export type { FileOrigin } from './handles.ts';
export { listKeptRooms, removeKeptRoom } from './library.ts';
export type { KeptRoom } from './library.ts';
export type { NetworkSettings, NetworkSource } from './network.ts';
export { nextTask } from './next-task.ts';
export { openRoom } from './open-room.ts';
export type { OpenRoomOptions } from './open-room.ts';
export type {
  ChosenFile,
  FailureView,
  FileState,
  FileView,
  IndirectView,
  NeighbourView,
  OfferView,
  RoomChange,
  RoomHandle,
  RoomSnapshot,
} from './snapshot.ts';
export type { Prospect, Verdict } from '@shoal/transport';
