/** Credentials for Kafka, which no URL may hold. Read from the environment or files once, at process start. */
export interface KafkaCredentials {
  username?: string;
  password?: string;
  /** Certificate authority of the brokers, PEM. Default: the authorities that Node trusts. */
  ca?: string;
  /** Client certificate and key for mutual TLS, PEM. */
  cert?: string;
  key?: string;
}
