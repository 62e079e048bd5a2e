import type { Sighting } from './watch-row.ts';

/** What benchmarks keep in a page between two evaluations. */
declare global {
  var benchSeen: Sighting;
  var benchChosen: Promise<number>;
  var benchRaw: {
    readonly pc: RTCPeerConnection;
    readonly channel?: RTCDataChannel;
    readonly seconds?: Promise<number>;
  };
}
