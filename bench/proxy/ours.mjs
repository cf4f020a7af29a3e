// The sandbox's proxy in a separate process, so that its CPU time can be measured separately.
import { systemTime } from '#kernel/system';
import { TcpProxy } from '../../dist/apps/unicorn-rentals/src/sandbox/proxy/tcp-proxy.js';

const servicePort = Number(process.argv[2]);
const proxy = new TcpProxy({ servicePort: () => servicePort, timers: systemTime });
await proxy.start(0);
process.send({ port: Number(new URL(proxy.url).port) });
process.on('disconnect', () => process.exit(0));
