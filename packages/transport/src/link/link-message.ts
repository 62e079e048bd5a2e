import type { Bytes, NeighbourMessage, PeerMessage } from '@shoal/protocol';

/** MessagePack of a short map whose first key is "type", after the frame's first byte and the map's own. */
const TYPE_KEY = [0xa4, 0x74, 0x79, 0x70, 0x65] as const;
const KEY_AT = 2;
const LENGTH_AT = KEY_AT + TYPE_KEY.length;
const NAME_AT = LENGTH_AT + 1;
/** MessagePack's fixstr: the low five bits are the length. */
const FIXSTR = 0xa0;

const NAMES = [
  ...['hello', 'goodbye', 'lane', 'move', 'moved', 'ping', 'pong'],
  ...['peers', 'relay', 'relayed', 'relay-refused'],
].map(name => [...name].map(letter => letter.charCodeAt(0)));

/**
 * Whether a control frame may hold one of the messages that belong to the link or the mesh, without decoding it: most frames
 * do not, and are decoded by whoever they are for. True when in doubt (keys in another order), never wrongly false.
 */
export function isLinkMessage(frame: Bytes): boolean {
  if (TYPE_KEY.some((byte, index) => frame[KEY_AT + index] !== byte)) return true;
  return NAMES.some(
    name =>
      frame[LENGTH_AT] === FIXSTR + name.length &&
      name.every((letter, index) => frame[NAME_AT + index] === letter),
  );
}

/** Whether a message of the link's own kinds is for the mesh above it. */
export function isForMesh(message: PeerMessage): message is NeighbourMessage {
  return (
    message.type === 'peers' ||
    message.type === 'relay' ||
    message.type === 'relayed' ||
    message.type === 'relay-refused'
  );
}
