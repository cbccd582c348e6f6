import { KubeError, type KubeErrorFacts } from './kube-error.ts';

/** Where on its way a request failed. */
export type TransportPhase = 'queue' | 'dns' | 'connect' | 'tls' | 'proxy' | 'headers' | 'body';

/** Facts of a request that got no whole answer. */
export type TransportFacts = KubeErrorFacts & { readonly phase: TransportPhase; readonly sent: boolean };

/** No whole answer came: the connection could not be made, or broke. */
export class TransportError extends KubeError {
  readonly phase: TransportPhase;
  /** Whether the server may have looked at the request. False: it was certainly not applied. */
  readonly sent: boolean;

  constructor(facts: TransportFacts) {
    super('TransportFailed', facts);
    this.phase = facts.phase;
    this.sent = facts.sent;
  }
}

/** The time given with `timeoutMs` ran out; `cause` is what kept failing until then, if anything. */
export class TimeoutError extends KubeError {
  readonly phase: TransportPhase | 'wait';
  /** Whether the server may have looked at the request. True: it may have been applied. */
  readonly sent: boolean;
  readonly timeoutMs: number;

  constructor(
    facts: KubeErrorFacts & {
      readonly phase: TransportPhase | 'wait';
      readonly sent: boolean;
      readonly timeoutMs: number;
    },
  ) {
    super('Timeout', facts);
    this.phase = facts.phase;
    this.sent = facts.sent;
    this.timeoutMs = facts.timeoutMs;
  }
}

/** The signal given by the caller fired; `cause` is its reason. */
export class AbortedError extends KubeError {
  /** Whether the server may have looked at the request. True: it may have been applied. */
  readonly sent: boolean;

  constructor(facts: KubeErrorFacts & { readonly sent?: boolean }) {
    super('Aborted', facts);
    this.sent = facts.sent ?? false;
    // So that code which looks for an abort by its usual name finds it.
    this.name = 'AbortError';
  }
}

/** A kubeconfig, the in-cluster files or an explicit configuration cannot be used. The message names the field. */
export class ConfigError extends KubeError {
  constructor(detail: string, facts: Omit<KubeErrorFacts, 'detail'> = {}) {
    super('ConfigInvalid', { ...facts, detail });
  }
}
