/** Socket options that matter to the stack. Others are stored and returned as set. */
import type { Socket } from './state.ts';

/** Milliseconds of an option in seconds. */
function seconds(socket: Socket, name: string, otherwise: number): number {
  return Number(socket.options.get(name) ?? otherwise) * 1000;
}

/** Puts a socket's options into force on its connection. */
export function applyOptions(socket: Socket): void {
  const { connection, options } = socket;
  if (connection === undefined) return;
  connection.noDelay = Number(options.get('TCP_NODELAY') ?? 0) > 0;
  connection.corked = Number(options.get('TCP_CORK') ?? 0) > 0;
  connection.urgentInline = connection.wanted || Number(options.get('SO_OOBINLINE') ?? 0) > 0;
  connection.keepalive =
    Number(options.get('SO_KEEPALIVE') ?? 0) > 0
      ? {
          idle: seconds(socket, 'TCP_KEEPIDLE', 7200),
          interval: seconds(socket, 'TCP_KEEPINTVL', 75),
          probes: Number(options.get('TCP_KEEPCNT') ?? 9),
        }
      : undefined;
  for (const subflow of connection.subflows) subflow.timers.delete('keepalive');
  const sendBuffer = Number(options.get('SO_SNDBUF') ?? 0);
  if (sendBuffer > 0) connection.sendCapacity = sendBuffer;
  const receiveBuffer = Number(options.get('SO_RCVBUF') ?? 0);
  if (receiveBuffer > 0) connection.receiveCapacity = receiveBuffer;
}
