import type { TlsMaterial } from '../transport/connector.ts';

/** What one request needs to be let in. `tls` is the same object as long as its content is the same. */
export type Access = { readonly headers: Readonly<Record<string, string | string[]>>; readonly tls: TlsMaterial };

/** Hands out what requests need to be let in; files and plugins are read again when they may have changed. */
export type Credentials = {
  current(): Promise<Access>;
  /** After a 401: reads everything again. True when the credential is another one now, so that trying again makes sense. */
  renew(rejected: Access): Promise<boolean>;
};
