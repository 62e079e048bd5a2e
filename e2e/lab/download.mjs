// A download over TCP, run in a namespace: `download.mjs serve` says `ready` and gives without end to whoever asks;
// `download.mjs get HOST MS` takes for so long, and says each 100 ms when (ms since the epoch) how many bytes had come.
import { createServer, get } from 'node:http';
import { argv, exit } from 'node:process';
import { Readable, pipeline } from 'node:stream';

const PORT = 9001;
const CHUNK = Buffer.alloc(64 * 1024, 'd');
const TELL_MS = 100;

const [role, host, ms] = argv.slice(2);
if (role === 'serve') serve();
else take(host, Number(ms));

function serve() {
  const server = createServer((_, response) => {
    // Whoever has enough hangs up: no failure.
    pipeline(Readable.from(endless()), response, () => undefined);
  });
  server.listen(PORT, () => console.log('ready'));
}

function* endless() {
  for (;;) yield CHUNK;
}

function take(host, ms) {
  let bytes = 0;
  get({ host, port: PORT }, response => {
    response.on('data', chunk => (bytes += chunk.length));
    setInterval(() => console.log(`${performance.timeOrigin + performance.now()} ${bytes}`), TELL_MS);
    setTimeout(() => exit(), ms);
  });
}
