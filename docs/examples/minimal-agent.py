#!/usr/bin/env python3
"""The smallest agent that is useful: sockets and bytes. See docs/agent-protocol.md, which it is written from."""
import errno, functools, os, re, select, socket, struct, sys, threading, time

GREETING = 'protocol=2 name=minimal-agent stack=acme-os kernel=1.0 pid=%d features=tcp,mptcp,ipv6' % os.getpid()
FAMILY = {'ipv4': socket.AF_INET, 'ipv6': socket.AF_INET6}
PROTO = {'mptcp': 262, 'tcp': socket.IPPROTO_TCP}
WAITING = ('accept', 'connect', 'connected', 'send', 'recv', 'sync')
sockets, sent, received, threads, lock = {}, {}, {}, [], threading.Lock()

def say(line):
    with lock: print(line, flush=True)

def pattern(start, count):
    return bytes((7 * (i % 251) + 13 * (i // 256 % 251) + 29 * (i // 65536 % 251)) % 251 for i in range(start, start + count))

def wait(name, sock, events, a):
    # Polls in short turns, so that a socket that is closed meanwhile ends the wait.
    deadline, poll = a['deadline'], select.poll()
    poll.register(sock, events)
    while True:
        found = poll.poll(min(20, max(0, (deadline - time.monotonic()) * 1000)))
        if sockets.get(name) is not sock: raise OSError(errno.ECANCELED, '')
        if found: return
        if time.monotonic() >= deadline: raise OSError(errno.ETIMEDOUT, '')

def keep(name, sock):
    name = name or 'fd%d' % sock.fileno()
    sock.setblocking(False)
    sockets[name], sent[name], received[name] = sock, 0, 0
    return name

def ends(sock, peer=True):
    told = 'addr=%s port=%d' % sock.getsockname()[:2]
    return told + (' peer-addr=%s peer-port=%d' % sock.getpeername()[:2] if peer else '')

def connected(a, name, s):
    wait(name, s, select.POLLOUT, a)
    if error := s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR): raise OSError(error, '')
    return ends(s)

def send(a, name, s):
    at = int(a.get('offset', sent[name]))
    data, done = bytes.fromhex(a['hex']) if 'hex' in a else pattern(at, int(a['fill'])), 0
    while done < len(data):
        if 'nowait' not in a: wait(name, s, select.POLLOUT, a)
        done += s.send(data[done:])
        if 'nowait' in a: break
    sent[name] = at + done
    return 'sent=%d' % done

def recv(a, name, s):
    at, want, got, end = int(a.get('offset', received[name])), int(a.get('bytes', 0)), b'', 0
    while not end and ('eof' in a or len(got) < (want or 1)):
        wait(name, s, select.POLLIN, a)
        part = s.recv(min(want - len(got), 65536) if want else 65536)
        got, end = got + part, int(part == b'')
    received[name] = at + len(got)
    wrong = next((at + i for i, (x, y) in enumerate(zip(got, pattern(at, len(got)))) if x != y), 'ok')
    digest = functools.reduce(lambda value, byte: (value ^ byte) * 0x100000001b3 % 2 ** 64, got, 0xcbf29ce484222325)
    return 'bytes=%d eof=%d pattern=%s digest=%016x hex=%s' % (len(got), end, wrong, digest, got[:int(a.get('show', 1024))].hex())

def setsockopt(a, name, s):
    if a['name'] != 'SO_LINGER' or 'value' not in a: raise OSError(errno.ENOSYS, '')
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', *map(int, a['value'].split(','))))

def reset(a, name, s):
    for one in sockets.values():
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        one.close()
    sockets.clear()

def bind(a, name, s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((a['addr'], int(a.get('port', 0))))
    return ends(s, False)

def accept(a, name, s):
    wait(name, s, select.POLLIN, a)
    new = s.accept()[0]
    return 'fd=%s %s' % (keep(a.get('as'), new), ends(new))

def connect(a, name, s):
    if 'from' in a: s.bind((a['from'], int(a.get('from-port', 0))))
    code = s.connect_ex((a['addr'], int(a['port'])))
    if code not in (0, errno.EINPROGRESS): raise OSError(code, '')
    return ends(s, False) if 'nowait' in a else connected(a, name, s)

def opened(a, name, s): return 'fd=' + keep(a.get('name'), socket.socket(FAMILY[a['family']], socket.SOCK_STREAM, PROTO[a.get('proto', 'mptcp')]))
def listen(a, name, s): return s.listen(int(a.get('backlog', 128))) or ends(s, False)
def close(a, name, s): sockets.pop(name).close()
def shutdown(a, name, s): s.shutdown({'rd': 0, 'wr': 1, 'rdwr': 2}[a['how']])

def hello(a, name, s): return GREETING
def sync(a, name, s): return ' '.join(one.join() or '' for one in a['before'])

COMMANDS = dict(hello=hello, sync=sync, reset=reset, socket=opened, bind=bind, listen=listen, accept=accept, connect=connect,
                connected=connected, shutdown=shutdown, close=close, setsockopt=setsockopt, send=send, recv=recv)

def serve(ident, command, a):
    try:
        if command not in COMMANDS or 'flags' in a: raise OSError(errno.ENOSYS, '')
        say(('%s ok %s' % (ident, COMMANDS[command](a, a.get('fd'), sockets.get(a.get('fd'))) or '')).rstrip())
    except OSError as error:
        say('%s err %d %s' % (ident, error.errno, errno.errorcode[error.errno]))
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        say('%s bad %s' % (ident, error))

print('agent ' + GREETING, flush=True)
for line in sys.stdin:
    ident, command, *words = line.split()
    if command == 'exit': break
    args = {key: re.sub('%(..)', lambda m: chr(int(m[1], 16)), value) for key, value in (word.split('=', 1) for word in words)}
    args.update(deadline=time.monotonic() + int(args.get('timeout', 8000)) / 1000, before=threads[:])
    if command in WAITING:
        threads.append(threading.Thread(target=serve, args=(ident, command, args), daemon=True))
        threads[-1].start()
    else:
        serve(ident, command, args)
say('%s ok' % ident)
