/** The addresses and settings of a local broker. */
export interface BrokerPlan {
  /** Where clients connect, on loopback. */
  port: number;
  /** The controller's listener, on loopback. */
  controllerPort: number;
  /** Additional listeners, each advertised under another loopback port, e.g. a test's proxy. */
  extraListeners: readonly { port: number; advertisedPort: number }[];
  /** Where it keeps its data. */
  dataDir: string;
  /** Settings that add to or override the defaults. */
  overrides: Readonly<Record<string, string>>;
}

/** The configuration of a single node that is broker and controller, for development and tests. */
export function brokerSettings(plan: BrokerPlan): Record<string, string> {
  const { port, controllerPort, extraListeners, dataDir, overrides } = plan;
  const names = ['PLAINTEXT', ...extraListeners.map((_, i) => `EXTRA${i}`)];
  const listeners = [port, ...extraListeners.map((listener) => listener.port)];
  const advertised = [port, ...extraListeners.map(({ advertisedPort }) => advertisedPort)];
  const named = (ports: readonly number[]): string[] => ports.map((at, i) => `${names[i]}://127.0.0.1:${at}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...named(listeners), `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': named(advertised).join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': [...names, 'CONTROLLER'].map((name) => `${name}:PLAINTEXT`).join(','),
    'log.dirs': dataDir,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'auto.create.topics.enable': 'false',
    // Groups form at once, and members may ask for sessions as short as a second or two.
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.enable': 'false',
    ...overrides,
  };
}

/** Formats settings as a `server.properties` file. */
export function propertiesFile(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
