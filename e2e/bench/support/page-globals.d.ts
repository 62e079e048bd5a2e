import type { Sighting } from './watch-row.ts';

/** What benchmarks keep in a page between two evaluations. */
declare global {
  var benchSeen: Sighting;
  /** When, and which part of the file was verified by then. */
  var benchProgress: [ms: number, part: number][];
  var benchMoments: { online: number; neighbour: number };
  /** In ms since the epoch: when names of others came over a data channel, when the page showed them, and its own last Enter key. */
  var benchNames: {
    readonly heard: Record<string, number>;
    readonly shown: Record<string, number>;
    entered: number;
  };
  var benchTasks: number[];
  var benchChosen: Promise<number>;
  var benchFlows:
    Record<string, { readonly pc: RTCPeerConnection; readonly channel: Promise<RTCDataChannel> }> | undefined;
}
