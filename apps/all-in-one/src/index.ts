/** What the command line shares with the launcher. */
export { assertPortFree, listen } from './port.js';
export { serveWebPages } from './web-pages.js';
