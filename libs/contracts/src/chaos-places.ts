/** How to reach fault targets outside of the sandbox, as a chaos targets file defines it. Secrets appear only as names of environment variables. */

/** A value that may differ between the services of a team. */
export interface PerService<T> {
  /** For services without an entry of their own. */
  readonly default?: T;
  readonly services?: Readonly<Record<string, T>>;
}

/** A proxy of a Toxiproxy server, in front of one service. */
export interface ToxiproxyPlace {
  /** Origin of the server's API, e.g. `http://toxiproxy:8474`. */
  readonly url: string;
  /** Name of the proxy there. */
  readonly proxy: string;
  /** `host:port` on which the proxy listens, and of the service. With both, a proxy that a restarted server has lost is created again. */
  readonly listen?: string;
  readonly upstream?: string;
}

/** A receiver of signed webhooks (Standard Webhooks) that breaks and repairs the service. */
export interface WebhookPlace {
  readonly url: string;
  /** Name of the environment variable with the signing secret, `whsec_…`. */
  readonly secretEnv: string;
}

/** Pods of a cluster in which Chaos Mesh runs. */
export interface KubernetesPlace {
  /** Path of a kubeconfig file. Default: the one kubectl would use, or the cluster that this process runs in. */
  readonly kubeconfig?: string;
  /** Context within it. Default: the current one. */
  readonly context?: string;
  readonly namespace: string;
  /** Labels of the service's pods; never empty. */
  readonly selector: Readonly<Record<string, string>>;
}

/** Experiment templates of AWS Fault Injection Service. */
export interface AwsFisPlace {
  readonly region: string;
  /** Id of the template by the name that faults use, e.g. `EXT1a2b3c4d5e6f7`. */
  readonly templates: Readonly<Record<string, string>>;
  /** Overrides the address of the AWS API, for a private endpoint. */
  readonly endpoint?: string;
}

/** Every way to reach one team's services. */
export interface ChaosPlaces {
  readonly toxiproxy?: PerService<ToxiproxyPlace>;
  readonly webhook?: PerService<WebhookPlace>;
  readonly kubernetes?: PerService<KubernetesPlace>;
  readonly awsFis?: PerService<AwsFisPlace>;
}
