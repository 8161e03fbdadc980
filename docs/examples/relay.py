#!/usr/bin/env python3
"""A relay for trying --sut relay: accepts MPTCP on a port and connects to a backend over TCP.

    relay.py PORT BACKEND-ADDRESS BACKEND-PORT
    relay.py PORT discard
    relay.py PORT echo

It passes on what it reads, and the end of the stream, in both directions.
"""
import socket
import sys
import threading

IPPROTO_MPTCP = 262


def listen(family, port):
    listener = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(('', port))
    listener.listen(128)
    return listener


def carry(source, target):
    """Copies until the end of the stream; the end of either connection is the end of both."""
    try:
        while data := source.recv(65536):
            if target is not None:
                target.sendall(data)
        if target is not None:
            target.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, target):
            if one is not None:
                close(one)


def close(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already


def serve(connection, backend):
    with connection:
        if backend == 'echo':
            carry(connection, connection)
        elif backend == 'discard':
            carry(connection, None)
        else:
            relay(connection, backend)


def relay(connection, backend):
    try:
        other = socket.create_connection(backend, timeout=2)
    except OSError:
        return
    with other:
        other.settimeout(None)
        back = threading.Thread(target=carry, args=(other, connection))
        back.start()
        carry(connection, other)
        back.join()


def accept(listener, backend):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, backend), daemon=True).start()


def main():
    port, backend, *rest = sys.argv[1:]
    where = (backend, int(rest[0])) if rest else backend
    listeners = [listen(family, int(port)) for family in (socket.AF_INET, socket.AF_INET6)]
    for one in listeners[1:]:
        threading.Thread(target=accept, args=(one, where), daemon=True).start()
    accept(listeners[0], where)


main()
