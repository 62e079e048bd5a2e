import type { Sighting } from './watch-row.ts';

/** What benchmarks keep in a page between two evaluations. */
declare global {
  var benchSeen: Sighting;
  /** When, and which part of the file was verified by then. */
  var benchProgress: [ms: number, part: number][];
  var benchMoments: { online: number; neighbour: number };
  var benchTasks: number[];
  var benchChosen: Promise<number>;
  var benchFlows:
    Record<string, { readonly pc: RTCPeerConnection; readonly channel: Promise<RTCDataChannel> }> | undefined;
}
