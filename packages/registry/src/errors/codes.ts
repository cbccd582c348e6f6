/** What the code of an error means. */
export type CodeEntry = {
  /** One sentence: what happened. */
  readonly message: string;
  /** Whether the same call may succeed when it is made again later. */
  readonly retryable: boolean;
  /** What to do about it. */
  readonly hint: string;
};

/** Every error of this package, by its code. `docs/errors.md` lists the same codes; a test compares both. */
export const codes = {
  InvalidReference: {
    message: 'the image reference cannot be one',
    retryable: false,
    hint: 'write it as HOST:PORT/NAME:TAG or HOST:PORT/NAME@sha256:…',
  },
  Unauthorized: {
    message: 'the registry does not accept the credentials',
    retryable: false,
    hint: 'check user name, password or token',
  },
  Denied: {
    message: 'the credentials are valid but may not do this here',
    retryable: false,
    hint: 'push to a repository that the credentials are for',
  },
  NotFound: {
    message: 'the registry does not have it',
    retryable: false,
    hint: 'check repository, tag and digest',
  },
  UploadLost: {
    message: 'the registry no longer knows the upload',
    retryable: true,
    hint: 'start the upload again; give all replicas one http secret',
  },
  RangeRefused: {
    message: 'the registry expects other bytes next',
    retryable: true,
    hint: 'read the state of the upload and go on from there',
  },
  Rejected: {
    message: 'the registry refuses what was sent',
    retryable: false,
    hint: 'see status and reason',
  },
  Unsupported: {
    message: 'the registry does not do this',
    retryable: false,
    hint: 'see whether it is read-only, or too old for the request',
  },
  TooManyRequests: {
    message: 'the registry asks to slow down',
    retryable: true,
    hint: 'wait for retryAfterMs; lower the concurrency if it persists',
  },
  StorageFull: {
    message: "the registry's storage is full",
    retryable: false,
    hint: 'remove images and collect garbage, or enlarge the volume',
  },
  StorageUnwritable: {
    message: 'the registry cannot write to its storage',
    retryable: false,
    hint: "make the volume writable for the registry's user (65532)",
  },
  RegistryFailed: { message: 'the registry failed', retryable: true, hint: 'see its log' },
  BadResponse: {
    message: 'the answer is not what a registry sends',
    retryable: false,
    hint: 'check that the address is that of a registry',
  },
  DigestMismatch: {
    message: 'the content is not what its digest says',
    retryable: false,
    hint: 'the content was changed on its way or on disk: push it again',
  },
  SizeMismatch: {
    message: 'the content is not as long as its descriptor says',
    retryable: false,
    hint: 'the content was changed on its way or on disk: push it again',
  },
  TransportFailed: {
    message: 'the connection to the registry failed',
    retryable: true,
    hint: 'check the address, and that the registry runs',
  },
  NotReady: {
    message: 'the registry did not become ready',
    retryable: true,
    hint: 'see what the pod, its events and its log say; deploy again when that is mended',
  },
  ImmutableChange: {
    message: 'the cluster refuses this change of what is deployed',
    retryable: false,
    hint: 'keep the value, or uninstall and deploy again; images outlive that unless they are purged',
  },
  Timeout: { message: 'the time ran out', retryable: true, hint: 'see the cause for what kept failing' },
  Aborted: { message: 'the caller aborted the call', retryable: false, hint: 'nothing to do' },
  LayoutInvalid: {
    message: 'this is no OCI image layout',
    retryable: false,
    hint: 'give a directory or tar with oci-layout, index.json and blobs, e.g. of skopeo copy … oci:DIR',
  },
  UnsupportedDigest: {
    message: 'only sha256 digests can be verified',
    retryable: false,
    hint: 'build the image with sha256',
  },
} as const satisfies Record<string, CodeEntry>;

/** The codes of this package's errors. */
export type RegistryErrorCode = keyof typeof codes;
