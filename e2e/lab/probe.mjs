// Measures a line with nothing but UDP, run in a namespace: `probe.mjs answer` | `probe.mjs ask HOST MBIT`;
// `probe.mjs reach HOST PORT` says whether TCP gets through; `probe.mjs ping HOST` pings until it is ended, and says of each answer
// when it was asked for (ms since the epoch) and how many ms it took.
// `answer` echoes what begins with 'p' and counts all else; asked with 'c' it says how many bytes came within how many ms.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { argv } from 'node:process';
import { setTimeout } from 'node:timers/promises';

const PORT = 9000;
const DATAGRAM_BYTES = 1200;
/** Bytes around a datagram on the line: Ethernet 14, IPv4 20, UDP 8. */
const HEADER_BYTES = 42;
const FLOOD_MS = 1200;
/** The start is left out of the rate: until then the queue fills. */
const WARM_UP_MS = 300;
const PINGS = 20;
const BETWEEN_PINGS_MS = 100;

const socket = createSocket('udp4');
const [role, host, number] = argv.slice(2);
if (role === 'answer') answer();
else if (role === 'ping') await pingOn(host);
else if (role === 'ask') console.log(JSON.stringify(await ask(host, Number(number))));
else console.log(String(await reaches(host, Number(number))));

function answer() {
  let first = 0;
  let from = 0;
  let last = 0;
  let bytes = 0;
  let frames = 0;
  socket.on('message', (message, { address, port }) => {
    const kind = String.fromCharCode(message[0]);
    if (kind === 'p') socket.send(message, port, address);
    else if (kind === 'c') socket.send(JSON.stringify({ bytes, ms: last - from, frames }), port, address);
    else {
      const now = performance.now();
      frames += 1;
      first ||= now;
      if (now - first < WARM_UP_MS) from = now;
      else bytes += message.length + HEADER_BYTES;
      last = now;
    }
  });
  socket.bind(PORT, () => console.log('ready'));
}

async function ask(target, rate) {
  const idle = await ping(target);
  let sent = 0;
  const flood = Buffer.alloc(DATAGRAM_BYTES, 'f');
  const start = performance.now();
  const loaded = ping(target, FLOOD_MS / 2);
  for (let now = start; now - start < FLOOD_MS; now = performance.now()) {
    const due = ((now - start) / 1000) * ((rate * 1e6) / 8 / (DATAGRAM_BYTES + HEADER_BYTES));
    for (; sent < due; sent++) socket.send(flood, PORT, target);
    await setTimeout(1);
  }
  const rtts = { idle, loaded: await loaded };
  await setTimeout(500);
  const answered = new Promise(resolve => socket.once('message', resolve));
  socket.send('c', PORT, target);
  const got = JSON.parse(await answered);
  socket.close();
  return { ...rtts, sent, arrived: got.frames, mbit: (got.bytes * 8) / 1000 / got.ms };
}

/** Median round trip in milliseconds of those pings that came back, after `wait` ms. */
async function ping(target, wait = 0) {
  await setTimeout(wait);
  const rtts = [];
  const heard = message => {
    if (message[0] === 'p'.charCodeAt(0)) rtts.push(performance.now() - Number(message.toString().slice(1)));
  };
  socket.on('message', heard);
  for (let i = 0; i < PINGS; i++) {
    socket.send(`p${performance.now()}`, PORT, target);
    await setTimeout(15);
  }
  await setTimeout(400);
  socket.off('message', heard);
  return rtts.toSorted((a, b) => a - b)[rtts.length >> 1] ?? Infinity;
}

async function pingOn(target) {
  const now = () => performance.timeOrigin + performance.now();
  socket.on('message', message => {
    const asked = Number(message.toString().slice(1));
    console.log(`${asked} ${now() - asked}`);
  });
  for (;;) {
    socket.send(`p${now()}`, PORT, target);
    await setTimeout(BETWEEN_PINGS_MS);
  }
}

async function reaches(host, port) {
  socket.close();
  const connection = connect({ host, port, timeout: 1000 });
  const reached = await new Promise(resolve => {
    connection.once('connect', () => resolve(true));
    connection.once('timeout', () => resolve(false));
    connection.once('error', () => resolve(false));
  });
  connection.destroy();
  return reached;
}
