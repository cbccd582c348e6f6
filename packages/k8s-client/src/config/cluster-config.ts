/** A command that hands out credentials (`users[].user.exec` of a kubeconfig). */
export type ExecPluginConfig = {
  /** `client.authentication.k8s.io/v1` or `…/v1beta1`. */
  readonly apiVersion: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  /** Hands the plugin the cluster's address and CA in `KUBERNETES_EXEC_INFO`. */
  readonly provideClusterInfo?: boolean;
  readonly installHint?: string;
  /** The cluster's `client.authentication.k8s.io/exec` extension, handed on to the plugin. */
  readonly clusterConfig?: unknown;
};

/** Act as somebody else; the account needs the `impersonate` verb. */
export type Impersonation = {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
};

/**
 * Everything needed to reach one cluster as one user. Plain data: nothing is read or opened until the first call.
 * Of a pair `…Pem` / `…File` give one; a file is read again when its content may have changed.
 */
export type ClusterConfig = {
  /** Base URL of the API server, e.g. `https://10.0.0.1:6443`; a path prefix is kept. */
  readonly server: string;
  /** Namespace of the context. @default 'default' */
  readonly namespace?: string;
  readonly caPem?: string;
  readonly caFile?: string;
  /** Name to check in the server's certificate instead of the host in `server`. */
  readonly tlsServerName?: string;
  /** Accepts any certificate. For throw-away clusters only: the token can be stolen. @default false */
  readonly insecureSkipTlsVerify?: boolean;
  /** `http://` or `https://` address of an HTTP CONNECT proxy; wins over `HTTPS_PROXY`. */
  readonly proxyUrl?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly clientCertPem?: string;
  readonly clientCertFile?: string;
  readonly clientKeyPem?: string;
  readonly clientKeyFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: ExecPluginConfig;
  readonly impersonate?: Impersonation;
  /** Where this came from, for messages: a context name, `in-cluster`. */
  readonly source?: string;
};

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;
