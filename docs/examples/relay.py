#!/usr/bin/env python3
"""A relay for trying --sut relay: accepts MPTCP on a port and connects to a backend over TCP.

    relay.py PORT BACKEND-ADDRESS BACKEND-PORT
    relay.py PORT discard
    relay.py PORT echo
    relay.py PORT connect
    relay.py PORT socks5

It passes on what it reads, and the end of the stream, in both directions. The last two are forward proxies: they
accept TCP and connect by MPTCP to where their client asks them to.
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
        elif backend in ('connect', 'socks5'):
            (proxy_connect if backend == 'connect' else proxy_socks)(connection)
        else:
            relay(connection, backend)


def relay(connection, backend):
    try:
        other = socket.create_connection(backend, timeout=2)
    except OSError:
        return
    both_ways(connection, other)


def read(connection, count):
    octets = b''
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            raise OSError('the client has closed')
        octets += more
    return octets


def connect(address, port):
    other = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    other.settimeout(10)
    other.connect((address, port))
    return other


def proxy_connect(connection):
    """The CONNECT method of HTTP."""
    request = b''
    while not request.endswith(b'\r\n\r\n'):
        request += read(connection, 1)
    address, _, port = request.split()[1].decode().rpartition(':')
    try:
        other = connect(address.strip('[]'), int(port))
    except OSError:
        connection.sendall(b'HTTP/1.1 502 Bad Gateway\r\n\r\n')
        return
    connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    both_ways(connection, other)


def proxy_socks(connection):
    """SOCKS version 5 without authentication."""
    read(connection, read(connection, 2)[1])
    connection.sendall(b'\x05\x00')
    six = read(connection, 4)[3] == 4
    address = socket.inet_ntop(socket.AF_INET6 if six else socket.AF_INET, read(connection, 16 if six else 4))
    port = int.from_bytes(read(connection, 2), 'big')
    try:
        other = connect(address, port)
    except OSError:
        connection.sendall(b'\x05\x05\x00\x01' + bytes(6))
        return
    connection.sendall(b'\x05\x00\x00\x01' + bytes(6))
    both_ways(connection, other)


def both_ways(connection, other):
    with other:
        other.settimeout(None)
        back = threading.Thread(target=carry, args=(other, connection))
        back.start()
        carry(connection, other)
        back.join()


def accept(listener, backend):
    # A proxy's clients speak TCP; a listener of MPTCP accepts them too.
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
