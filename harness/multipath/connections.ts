/** Opening and closing connections between the two applications. */
import { performance } from 'node:perf_hooks';
import { linkOf } from './hosts.ts';
import type { Connection, RunState } from './state.ts';

const FIRST_PORT = 5001;
const CLOSING_MS = 20_000;

/** How to connect. */
export interface ConnectRequest {
  name: string;
  path: string;
  /** The server's link whose address is connected to. */
  to: string;
  proto: 'mptcp' | 'tcp';
}

/**
 * Has the server listen and the client connect.
 *
 * @throws AgentRefused when the connection does not come about
 */
export async function openConnection(state: RunState, { name, path, to, proto }: ConnectRequest): Promise<Connection> {
  const { client, server } = state.pair;
  const { family } = state;
  const port = FIRST_PORT + state.connections.size;
  const sockets = { client: `client-${name}`, server: `server-${name}` };
  await server.agent.request('socket', { family, proto, name: `listen-${name}` });
  // Joins may go to any of the server's addresses.
  await server.agent.request('bind', { fd: `listen-${name}`, addr: family === 'ipv4' ? '0.0.0.0' : '::', port });
  await server.agent.request('listen', { fd: `listen-${name}` });
  await client.agent.request('socket', { family, proto, name: sockets.client });
  const openedAt = performance.now();
  await Promise.all([
    server.agent.request('accept', { fd: `listen-${name}`, as: sockets.server }),
    client.agent.request('connect', {
      fd: sockets.client, addr: linkOf(server, to).sut[family], port, from: linkOf(client, path).sut[family],
    }),
  ]);
  const connection: Connection = {
    name, proto, path, port, sockets, openedAt, streams: { client: { octets: 0 }, server: { octets: 0 } },
  };
  state.connections.set(name, connection);
  return connection;
}

/** Ends a connection in both directions and waits until both applications have read the end of the stream. @throws AgentRefused */
export async function finishConnection(state: RunState, { sockets }: Connection, within = CLOSING_MS): Promise<void> {
  const { client, server } = state.pair;
  await client.agent.request('shutdown', { fd: sockets.client, how: 'wr' });
  await server.agent.request('recv', { fd: sockets.server, eof: 1, show: 0, timeout: within });
  await server.agent.request('shutdown', { fd: sockets.server, how: 'wr' });
  await client.agent.request('recv', { fd: sockets.client, eof: 1, show: 0, timeout: within });
  await Promise.all([client.agent.request('close', { fd: sockets.client }), server.agent.request('close', { fd: sockets.server })]);
}
