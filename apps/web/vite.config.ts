import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** Every browser that runs this page reads WOFF2: leave the WOFF twins of the font files out of the build. */
function woff2Only(): Plugin {
  return {
    name: 'woff2-only',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('@fontsource') || !id.endsWith('.css')) return null;
      return code.replace(/,\s*url\([^)]+\.woff\) format\('woff'\)/g, '');
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [woff2Only()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../../dist/apps/web/public', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The server's content security policy allows files of this origin only, no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The leaderboard at `/`, and at `/referee` what the prober could not judge, for facilitators.
      input: ['index.html', 'referee.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': 'http://127.0.0.1:3000',
      '/socket.io': { target: 'http://127.0.0.1:3000', ws: true },
    },
  },
});
