// Runs the development server from its TypeScript source.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const entry = fileURLToPath(new URL('cli/serve.ts', import.meta.url));
const { module } = await runnerImport(entry);
await module.main();
