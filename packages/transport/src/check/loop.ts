import type { IceServer } from '@shoal/protocol';

export interface LoopEnd {
  readonly servers: readonly IceServer[];
  readonly relayOnly: boolean;
  /** Which of its candidates the other end is told of. */
  readonly tells: (candidate: RTCIceCandidate) => boolean;
}

/** Bytes of one message that goes round, and how many go. */
const MESSAGE_BYTES = 16 * 1024;
const ROUNDS = 5;

/**
 * Connects two ends within this page and sends data round.
 * @returns median round trip in milliseconds; undefined when no data came back in time. Never rejects.
 */
export async function sendRound(
  asking: LoopEnd,
  answering: LoopEnd,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const connections: RTCPeerConnection[] = [];
  const open = ({ servers, relayOnly }: LoopEnd): RTCPeerConnection => {
    const connection = new RTCPeerConnection({
      iceServers: [...servers],
      iceTransportPolicy: relayOnly ? 'relay' : 'all',
    });
    connections.push(connection);
    return connection;
  };
  try {
    const [a, b] = [open(asking), open(answering)];
    tell(a, b, asking.tells);
    tell(b, a, answering.tells);
    b.addEventListener('datachannel', ({ channel }) => {
      channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => channel.send(data));
    });
    const channel = a.createDataChannel('check');
    channel.binaryType = 'arraybuffer';
    const times = timesOf(channel, deadlineMs, signal);
    const offer = await a.createOffer();
    await b.setRemoteDescription(offer);
    await a.setLocalDescription(offer);
    const answer = await b.createAnswer();
    await a.setRemoteDescription(answer);
    await b.setLocalDescription(answer);
    const sorted = (await times).sort((x, y) => x - y);
    return sorted.length < ROUNDS ? undefined : sorted[sorted.length >> 1];
  } catch {
    return undefined;
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Trickles from one end to the other; the other has the description by then, as it is given before any gathering. */
function tell(from: RTCPeerConnection, to: RTCPeerConnection, tells: LoopEnd['tells']): void {
  from.addEventListener('icecandidate', ({ candidate }) => {
    // A candidate of an engine's own making is one that it understands; if not, there is no way over it.
    if (candidate !== null && tells(candidate)) to.addIceCandidate(candidate).catch(() => undefined);
  });
}

async function timesOf(channel: RTCDataChannel, deadlineMs: number, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  let sentAt = 0;
  const send = (): void => {
    sentAt = performance.now();
    channel.send(new Uint8Array(MESSAGE_BYTES));
  };
  return await new Promise(resolve => {
    const timer = setTimeout(() => resolve(times), deadlineMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(times);
    });
    channel.addEventListener('open', send);
    channel.addEventListener('message', () => {
      times.push(performance.now() - sentAt);
      if (times.length < ROUNDS) send();
      else resolve(times);
    });
  });
}
