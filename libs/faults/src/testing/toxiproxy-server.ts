import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { closed, listening, portOf, unusedPort } from './servers.js';

const BUILD = fileURLToPath(new URL('../../../../tools/toxiproxy.mjs', import.meta.url));
let built: { path: string } | { lacks: string } | undefined;

/** Returns the Toxiproxy server, from `TOXIPROXY_PATH` or built from its Go module, or what is missing. */
export function toxiproxyBinary(): { path: string } | { lacks: string } {
  if (built !== undefined) return built;
  const named = process.env['TOXIPROXY_PATH'];
  if (named) return (built = { path: named });
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' });
  built =
    status === 0
      ? { path: stdout.trim() }
      : {
          lacks: `no Toxiproxy server: install golang, or set TOXIPROXY_PATH (${stderr.trim().slice(0, 200)})`,
        };
  return built;
}

/** A real Toxiproxy server that can be killed and restarted on the same port. */
export class ToxiproxyServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly path: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<ToxiproxyServer> {
    const binary = toxiproxyBinary();
    if ('lacks' in binary) throw new Error(binary.lacks);
    const server = new ToxiproxyServer(binary.path, await unusedPort());
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(this.path, ['-host', '127.0.0.1', '-port', String(this.port)], { stdio: 'ignore' });
    this.child = child;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the Toxiproxy server ended with code ${child.exitCode}`);
      const answers = await fetch(`${this.url}/version`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answers) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Kills the server, as a power failure would. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async createProxy(proxy: { name: string; listen: string; upstream: string }): Promise<void> {
    const response = await fetch(`${this.url}/proxies`, {
      method: 'POST',
      body: JSON.stringify({ ...proxy, enabled: true }),
    });
    if (!response.ok) throw new Error(`no proxy: ${response.status} ${await response.text()}`);
  }
}

/** Starts a service and a Toxiproxy server with a proxy in front of it. */
export async function openProxiedService() {
  const answer = JSON.stringify({ right: true, padding: 'x'.repeat(4_096) });
  const service = await listening(createServer((_request, response) => response.end(answer)));
  const server = await ToxiproxyServer.start();
  const proxy = {
    name: 'fenrir-catalog',
    listen: `127.0.0.1:${await unusedPort()}`,
    upstream: `127.0.0.1:${portOf(service)}`,
  };
  await server.createProxy(proxy);
  return {
    server,
    proxy,
    /** Whether a customer gets the correct answer promptly. */
    async healthy(): Promise<boolean> {
      try {
        const response = await fetch(`http://${proxy.listen}/`, { signal: AbortSignal.timeout(300) });
        return (await response.text()) === answer;
      } catch {
        return false;
      }
    },
    async close(): Promise<void> {
      await server.kill();
      await closed(service);
    },
  };
}
