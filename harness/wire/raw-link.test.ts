import { EventEmitter } from 'node:events';
import type { RawSocket } from 'raw-socket';
import { describe, expect, it } from 'vitest';
import { discardQueued } from './raw-link.ts';
import { NOTHING_TO_READ } from './system-error.ts';

/** A socket that has packets waiting, then an error. */
function socketWith(packets: number, error: string): EventEmitter & RawSocket {
  let waiting = packets;
  return Object.assign(new EventEmitter(), {
    onRecvReady(this: EventEmitter): void {
      if (waiting-- > 0) this.emit('message', Buffer.alloc(1), '192.0.2.1');
      else this.emit('error', new Error(error));
    },
  }) as EventEmitter & RawSocket;
}

describe('discardQueued', () => {
  it('drops what came before the socket was bound and hears what comes after', () => {
    const socket = socketWith(3, NOTHING_TO_READ);
    discardQueued(socket);
    const heard: unknown[] = [];
    socket.on('message', (buffer) => heard.push(buffer));
    socket.emit('message', Buffer.alloc(1), '192.0.2.1');
    expect(heard).toHaveLength(1);
    expect(socket.listenerCount('error')).toBe(0);
  });

  it('tells of a socket that cannot be read', () => {
    expect(() => { discardQueued(socketWith(1, 'Network is down')); }).toThrow(/Network is down/);
  });
});
