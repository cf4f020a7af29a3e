/** What Kafka's brokers ask for and no URL may hold. Read from the environment or files once, where a process starts. */
export interface KafkaCredentials {
  username?: string;
  password?: string;
  /** Certificate authority of the brokers, PEM. Default: those that Node trusts. */
  ca?: string;
  /** Client certificate and key for mutual TLS, PEM. */
  cert?: string;
  key?: string;
}
