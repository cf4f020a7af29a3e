// The sandbox's proxy in a separate process, so that its CPU time can be measured separately.
import { TcpProxy } from '../../dist/apps/unicorn-rentals/src/sandbox/proxy/tcp-proxy.js';
import { realTimers } from '../../dist/apps/unicorn-rentals/src/sandbox/timers.js';

const servicePort = Number(process.argv[2]);
const proxy = new TcpProxy({ servicePort: () => servicePort, timers: realTimers });
await proxy.start(0);
process.send({ port: Number(new URL(proxy.url).port) });
process.on('disconnect', () => process.exit(0));
