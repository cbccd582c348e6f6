import type { ExecClient, UpgradeRequest } from '@danube/exec-stream';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client whose connections can be cut: it dials them itself, and keeps them in hand. */
export class CuttableClient implements ExecClient {
  readonly #client: ExecClient;
  readonly #sockets: Socket[] = [];

  constructor(client: ExecClient) {
    this.#client = client;
  }

  async upgradeRequest(request: Parameters<ExecClient['upgradeRequest']>[0]): Promise<UpgradeRequest> {
    const upgrade = await this.#client.upgradeRequest(request);
    const { hostname, port } = upgrade.url;
    return { ...upgrade, tunnel: () => this.#dial({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }) };
  }

  /** Connections so far. */
  get dials(): number {
    return this.#sockets.length;
  }

  /** Bytes that came over all of them, with everything around what they carry. */
  get receivedBytes(): number {
    return this.#sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  }

  /** Resets the newest connection, as a load balancer does that is restarted. */
  cut(): void {
    this.#sockets.at(-1)?.resetAndDestroy();
  }

  async #dial(address: { readonly host: string; readonly port: number }): Promise<Socket> {
    const socket = connect(address);
    await once(socket, 'connect');
    this.#sockets.push(socket);
    return socket;
  }
}
