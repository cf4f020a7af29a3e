/** How things outside of the sandbox that faults act on are reached. What a chaos targets file says; secrets only by the names of environment variables. */

/** Something that may differ from service to service of a team. */
export interface PerService<T> {
  /** For services that have no entry of their own. */
  readonly default?: T;
  readonly services?: Readonly<Record<string, T>>;
}

/** A proxy of a Toxiproxy server, in front of one service. */
export interface ToxiproxyPlace {
  /** Origin of the server's API, e.g. `http://toxiproxy:8474`. */
  readonly url: string;
  /** Name of the proxy there. */
  readonly proxy: string;
  /** With both, a proxy that a restarted server has lost is made again: `host:port` on which it listens, and of the service. */
  readonly listen?: string;
  readonly upstream?: string;
}

/** Somebody who breaks and mends things when a signed call comes (Standard Webhooks). */
export interface WebhookPlace {
  readonly url: string;
  /** Name of the environment variable with the signing secret, `whsec_…`. */
  readonly secretEnv: string;
}

/** Pods of a cluster in which Chaos Mesh runs. */
export interface KubernetesPlace {
  /** Path of a kubeconfig file. Default: as kubectl finds it, or the cluster that this process runs in. */
  readonly kubeconfig?: string;
  /** Context within it. Default: the current one. */
  readonly context?: string;
  readonly namespace: string;
  /** Labels that the service's pods have; never empty. */
  readonly selector: Readonly<Record<string, string>>;
}

/** Experiment templates of AWS Fault Injection Service. */
export interface AwsFisPlace {
  readonly region: string;
  /** Name, as faults use it → id of the template, e.g. `EXT1a2b3c4d5e6f7`. */
  readonly templates: Readonly<Record<string, string>>;
  /** Another address of the service's API, for a private endpoint. */
  readonly endpoint?: string;
}

/** Every way to reach one team's services. */
export interface ChaosPlaces {
  readonly toxiproxy?: PerService<ToxiproxyPlace>;
  readonly webhook?: PerService<WebhookPlace>;
  readonly kubernetes?: PerService<KubernetesPlace>;
  readonly awsFis?: PerService<AwsFisPlace>;
}
