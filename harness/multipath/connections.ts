/** Opening and closing connections between the two applications. */
import { linkOf } from './hosts.ts';
import type { Connection, RunState } from './state.ts';

const FIRST_PORT = 5001;
const CLOSING_MS = 20_000;

/** Parameters of a connection. */
export interface ConnectRequest {
  name: string;
  path: string;
  /** The server's link whose address is connected to. */
  to: string;
  proto: 'mptcp' | 'tcp';
  /** Milliseconds. */
  within: number;
}

/**
 * Has the server listen and the client connect, and has each say one byte.
 *
 * @throws AgentRefused when the connection does not come about
 */
export async function openConnection(
  state: RunState,
  { name, path, to, proto, within }: ConnectRequest,
): Promise<Connection> {
  const { client, server } = state.pair;
  const { family } = state;
  const port = FIRST_PORT + state.connections.size;
  const sockets = { client: `client-${name}`, server: `server-${name}` };
  await server.agent.request('socket', { family, proto, name: `listen-${name}` });
  // Joins may go to any of the server's addresses.
  await server.agent.request('bind', { fd: `listen-${name}`, addr: family === 'ipv4' ? '0.0.0.0' : '::', port });
  await server.agent.request('listen', { fd: `listen-${name}` });
  await client.agent.request('socket', { family, proto, name: sockets.client });
  const openedAt = state.clock.now();
  await Promise.all([
    server.agent.request('accept', { fd: `listen-${name}`, as: sockets.server, timeout: within }),
    client.agent.request('connect', {
      fd: sockets.client,
      addr: linkOf(server, to).sut[family],
      port,
      from: linkOf(client, path).sut[family],
      timeout: within,
    }),
  ]);
  const connection: Connection = {
    name,
    proto,
    path,
    port,
    sockets,
    openedAt,
    streams: { client: { bytes: 0 }, server: { bytes: 0 } },
  };
  state.connections.set(name, connection);
  await greet(state, connection);
  return connection;
}

/** A byte each way, as every application begins: only then may subflows be added (RFC 8684 section 3.2). */
async function greet(state: RunState, { sockets, streams }: Connection): Promise<void> {
  const { client, server } = state.pair;
  await Promise.all([
    client.agent.request('send', { fd: sockets.client, fill: 1 }),
    server.agent.request('recv', { fd: sockets.server, bytes: 1, show: 0 }),
  ]);
  await Promise.all([
    server.agent.request('send', { fd: sockets.server, fill: 1 }),
    client.agent.request('recv', { fd: sockets.client, bytes: 1, show: 0 }),
  ]);
  streams.client.bytes += 1;
  streams.server.bytes += 1;
}

/** Ends a connection in both directions and waits until both applications have read the end of the stream. @throws AgentRefused */
export async function finishConnection(state: RunState, { sockets }: Connection, within = CLOSING_MS): Promise<void> {
  const { client, server } = state.pair;
  await client.agent.request('shutdown', { fd: sockets.client, how: 'wr' });
  await server.agent.request('recv', { fd: sockets.server, eof: 1, show: 0, timeout: within });
  await server.agent.request('shutdown', { fd: sockets.server, how: 'wr' });
  await client.agent.request('recv', { fd: sockets.client, eof: 1, show: 0, timeout: within });
  await Promise.all([
    client.agent.request('close', { fd: sockets.client }),
    server.agent.request('close', { fd: sockets.server }),
  ]);
}
