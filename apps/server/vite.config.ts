import { defineConfig } from 'vite';

/** What stays a dependency at run time; the workspace's packages and what they import are bundled. */
const EXTERNAL = ['pino', 'rate-limiter-flexible', 'sirv', 'socket.io'];

export default defineConfig({
  ssr: { noExternal: true, external: EXTERNAL, target: 'node' },
  build: {
    ssr: 'src/main.ts',
    outDir: 'dist',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: false,
  },
});
