import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The storage worker is a module worker: it imports shared code.
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: true },
  server: { proxy: { '/socket.io': { target: 'http://127.0.0.1:3000', ws: true } } },
});
