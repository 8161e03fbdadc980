#!/usr/bin/env python3
"""An agent for Linux, written from docs/agent-protocol.md alone: an example of how another stack joins the suite.

It needs Python's own library and the `ip` program. What it does not do, it answers with `bad`.
"""
import array
import errno
import fcntl
import glob
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

IPPROTO_MPTCP = 262
USUAL_TIMEOUT_MS = 8000
CHUNK = 65536
SHOWN = 1024
# Reading it waits for the kernel's work queues.
REFRESH = '/proc/sys/vm/stat_refresh'


class Refused(Exception):
    """Becomes `err <number> <NAME> <text>`."""

    def __init__(self, number, text=''):
        super().__init__(text)
        self.number = number
        self.text = text


class NotUnderstood(Exception):
    """Becomes `bad <text>`: the request was not understood."""


def quoted(text):
    return ''.join(chr(c) if 32 < c != 127 and c not in b'%=' else '%%%02X' % c for c in str(text).encode())


def unquoted(text):
    return re.sub(rb'%([0-9A-Fa-f]{2})', lambda m: bytes([int(m[1], 16)]), text.encode()).decode()


def reply(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def answer(request_id, fields):
    reply(' '.join([request_id, 'ok'] + ['%s=%s' % (key, quoted(value)) for key, value in fields.items()]))


def refuse(request_id, number, text):
    reply(('%s err %d %s %s' % (request_id, number, errno.errorcode.get(number, 'E%d' % number), text)).rstrip())


def misunderstand(request_id, text):
    reply(('%s bad %s' % (request_id, text)).rstrip())


class Handle:
    """A socket by its name, and where its two streams stand."""

    def __init__(self, name, sock, family, proto):
        self.name, self.sock, self.family, self.proto = name, sock, family, proto
        self.sent = self.received = 0
        self.connecting = False
        self.connect_error = None


class Waiting:
    """A request whose work goes on: a generator that yields the poll events it waits for."""

    def __init__(self, request_id, kind, handle, work, deadline):
        self.id, self.kind, self.handle, self.work, self.deadline = request_id, kind, handle, work, deadline
        self.events = None
        self.progress = ''


handles = {}
waiting = []
saved_sysctls = {}
first_limits = None
next_number = 1


# Arguments.

def number(args, key, usual=None):
    text = args.get(key)
    if text is None:
        if usual is None:
            raise NotUnderstood('%s= is missing' % key)
        return usual
    try:
        return int(text, 0)
    except ValueError:
        raise NotUnderstood('%s=%s: expected a number' % (key, text)) from None


def needed(args, key):
    if key not in args:
        raise NotUnderstood('%s= is missing' % key)
    return args[key]


def handle_of(args):
    name = needed(args, 'fd')
    if name not in handles:
        raise NotUnderstood('fd=%s: no such socket' % name)
    return handles[name]


def new_handle(name, sock, family, proto):
    global next_number
    if name is None:
        while str(next_number) in handles:
            next_number += 1
        name = str(next_number)
    if name in handles:
        sock.close()
        raise NotUnderstood('fd=%s: there is one' % name)
    sock.setblocking(False)
    handles[name] = Handle(name, sock, family, proto)
    return handles[name]


def endpoints_of(sock, peer=True):
    fields = {}
    own = sock.getsockname()
    fields['addr'], fields['port'] = own[0], own[1]
    if peer:
        try:
            other = sock.getpeername()
            fields['peer-addr'], fields['peer-port'] = other[0], other[1]
        except OSError:
            pass  # not connected: it has no peer
    return fields


# The agent.

def identity():
    features = ['tcp', 'netlink', 'offload', 'counters']
    if os.path.exists('/proc/sys/net/mptcp/enabled'):
        features += ['mptcp', 'endpoints']
    if os.path.exists('/proc/sys/net/ipv6'):
        features.append('ipv6')
    if os.access('/proc/sys/net', os.F_OK):
        features.append('sysctl')
    if os.access(REFRESH, os.R_OK):
        features.append('settle')
    return {'protocol': 2, 'name': 'example-python', 'stack': 'linux', 'kernel': os.uname().release, 'pid': os.getpid(), 'features': ','.join(features)}


def hello(args):
    return identity()


def settle(args):
    with open(REFRESH, 'rb', buffering=0) as file:
        file.read(1)
    return {}


def uname(args):
    system = os.uname()
    return {'sysname': system.sysname, 'nodename': system.nodename, 'release': system.release, 'version': system.version, 'machine': system.machine}


def log(args):
    print('example-python:', args.get('text', ''), file=sys.stderr, flush=True)
    return {}


def reset(args):
    global first_limits, next_number
    closed = len(handles)
    for handle in list(handles.values()):
        handle.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        close_handle(handle)
    next_number = 1
    # What closed sockets left behind, as far as this kernel lets it be dropped.
    subprocess.run(['ss', '--kill', '--tcp', 'state', 'all'], capture_output=True, check=False)
    ip('mptcp', 'endpoint', 'flush')
    if first_limits is not None:
        limits_write(first_limits)
        first_limits = None
    restored = len(saved_sysctls)
    for path, value in saved_sysctls.items():
        write_sysctl(path, value)
    saved_sysctls.clear()
    ip('tcp_metrics', 'flush')
    return {'sockets': closed, 'sysctls': restored}


# Sockets.

def open_socket(args):
    family = {'ipv4': socket.AF_INET, 'ipv6': socket.AF_INET6}.get(needed(args, 'family'))
    proto = {'mptcp': IPPROTO_MPTCP, 'tcp': socket.IPPROTO_TCP}.get(args.get('proto', 'mptcp'))
    if family is None or proto is None:
        raise NotUnderstood('family= is ipv4 or ipv6, proto= mptcp or tcp')
    return {'fd': new_handle(args.get('name'), socket.socket(family, socket.SOCK_STREAM, proto), family, proto).name}


def bind(args):
    handle = handle_of(args)
    handle.sock.bind((needed(args, 'addr'), number(args, 'port', 0)))
    return endpoints_of(handle.sock, peer=False)


def listen(args):
    handle = handle_of(args)
    handle.sock.listen(number(args, 'backlog', 128))
    return endpoints_of(handle.sock, peer=False)


def accept(args, me):
    handle = handle_of(args)
    while True:
        try:
            sock, _peer = handle.sock.accept()
            break
        except BlockingIOError:
            yield select.POLLIN
    new = new_handle(args.get('as'), sock, handle.family, handle.proto)
    return {'fd': new.name, **endpoints_of(sock)}


def connect(args, me):
    handle = handle_of(args)
    if 'from' in args:
        handle.sock.bind((args['from'], number(args, 'from-port', 0)))
    handle.connecting, handle.connect_error = True, None
    error = handle.sock.connect_ex((needed(args, 'addr'), number(args, 'port')))
    if error not in (0, errno.EINPROGRESS):
        handle.connecting, handle.connect_error = False, error
        raise Refused(error, 'connect')
    if error == 0 or number(args, 'nowait', 0) == 1:
        handle.connecting = error != 0
        handle.connect_error = 0 if error == 0 else None
        return endpoints_of(handle.sock)
    return (yield from until_connected(handle))


def connected(args, me):
    handle = handle_of(args)
    if handle.connecting:
        return (yield from until_connected(handle))
    if handle.connect_error is None:
        raise Refused(errno.ENOTCONN, 'there was no connect')
    if handle.connect_error != 0:
        raise Refused(handle.connect_error, 'connect')
    return endpoints_of(handle.sock)
    yield  # makes this a generator, as its callers expect


def until_connected(handle):
    while True:
        # What the socket says before it is asked for its error decides: the error can be read only once.
        ready = dict(polled(handle.sock, select.POLLOUT)).get(handle.sock.fileno(), 0)
        if ready:
            break
        yield select.POLLOUT
    handle.connecting = False
    handle.connect_error = handle.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if handle.connect_error != 0:
        raise Refused(handle.connect_error, 'connect')
    return endpoints_of(handle.sock)


def polled(sock, events):
    poller = select.poll()
    poller.register(sock, events)
    return poller.poll(0)


def shut(args):
    how = {'rd': socket.SHUT_RD, 'wr': socket.SHUT_WR, 'rdwr': socket.SHUT_RDWR}.get(needed(args, 'how'))
    if how is None:
        raise NotUnderstood('how= is rd, wr or rdwr')
    handle_of(args).sock.shutdown(how)
    return {}


def close_handle(handle):
    for one in [one for one in waiting if one.handle is handle]:
        waiting.remove(one)
        refuse(one.id, errno.ECANCELED, one.progress)
    del handles[handle.name]
    handle.sock.close()


def close(args):
    handle = handle_of(args)
    on, seconds = struct.unpack('ii', handle.sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    if on and seconds > 0 and os.fork() == 0:
        # close() would block for the linger time: a child waits in our place, with nothing else in its hands.
        os.closerange(0, handle.sock.fileno())
        os.closerange(handle.sock.fileno() + 1, 4096)
        handle.sock.close()
        os._exit(0)
    close_handle(handle)
    return {}


OPTIONS = {name: getattr(socket, name) for name in dir(socket) if re.match(r'(SO|TCP|IP|IPV6)_[A-Z]', name)}
OPTIONS.update(TCP_FASTOPEN_CONNECT=30, TCP_ULP=31, IP_BIND_ADDRESS_NO_PORT=24)
LEVELS = {'SOL_SOCKET': 1, 'SOL_TCP': 6, 'SOL_IP': 0, 'SOL_IPV6': 41, 'SOL_MPTCP': 284}
TEXT_OPTIONS = {'TCP_CONGESTION', 'TCP_ULP', 'SO_BINDTODEVICE'}


def option(args):
    name = needed(args, 'name')
    if name in OPTIONS:
        level = {'SO': 1, 'TCP': 6, 'IP': 0, 'IPV6': 41}[name.split('_')[0]]
        return name, level, OPTIONS[name]
    level = args.get('level', '')
    return name, LEVELS[level] if level in LEVELS else number(args, 'level'), number(args, 'name')


def setsockopt(args):
    name, level, code = option(args)
    if 'hex' in args:
        value = bytes.fromhex(args['hex'])
    elif name in TEXT_OPTIONS:
        value = needed(args, 'value').encode()
    elif name == 'SO_LINGER':
        value = struct.pack('ii', *[int(one) for one in needed(args, 'value').split(',')])
    else:
        value = number(args, 'value')
    handle_of(args).sock.setsockopt(level, code, value)
    return {}


def getsockopt(args):
    name, level, code = option(args)
    sock = handle_of(args).sock
    if 'size' in args:
        return {'hex': sock.getsockopt(level, code, number(args, 'size')).hex()}
    if name in TEXT_OPTIONS:
        return {'value': sock.getsockopt(level, code, 64).split(b'\0')[0].decode()}
    if name == 'SO_LINGER':
        return {'value': '%d,%d' % struct.unpack('ii', sock.getsockopt(level, code, 8))}
    return {'value': sock.getsockopt(level, code)}


def info(args):
    handle = handle_of(args)
    fields = {'proto': 'mptcp' if handle.proto == IPPROTO_MPTCP else 'tcp', 'mptcp': 0, 'fallback': 0}
    if handle.proto == IPPROTO_MPTCP:
        try:
            got = handle.sock.getsockopt(284, 1, 256)  # SOL_MPTCP, MPTCP_INFO
            names = ['subflows', 'add_addr_signal', 'add_addr_accepted', 'subflows_max', 'add_addr_signal_max', 'add_addr_accepted_max']
            fields.update(zip(names, got[:6]))
            flags, token, write_seq, snd_una, rcv_nxt = struct.unpack_from('=IIQQQ', got, 8)
            fields.update(mptcp=0 if flags & 1 else 1, fallback=flags & 1, flags=flags, token=token,
                          write_seq=write_seq, snd_una=snd_una, rcv_nxt=rcv_nxt)
        except OSError as error:
            fields.update(fallback=1, mptcp_info=errno.errorcode.get(error.errno, error.errno))
    return {**fields, **endpoints_of(handle.sock)}


def queued(args):
    sock = handle_of(args).sock
    result = {}
    for key, code in (('in', 0x541B), ('out', 0x5411)):
        count = array.array('i', [0])
        fcntl.ioctl(sock, code, count)
        result[key] = count[0]
    return result


EVENTS = {'readable': select.POLLIN, 'writable': select.POLLOUT, 'urgent': select.POLLPRI,
          'rdhup': select.POLLRDHUP, 'hup': select.POLLHUP, 'err': select.POLLERR}


def poll(args, me):
    handle = handle_of(args)
    wait = EVENTS[args['wait']] if args.get('wait') in EVENTS else 0
    if 'wait' in args and not wait:
        raise NotUnderstood('wait=%s' % args['wait'])
    every = select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDHUP
    while True:
        seen = dict(polled(handle.sock, every)).get(handle.sock.fileno(), 0)
        if not wait or seen & (wait | select.POLLHUP | select.POLLERR):
            return {name: int(bool(seen & event)) for name, event in EVENTS.items()}
        yield wait


# Data transfer.

def pattern(offset, count):
    return bytes((7 * (i % 251) + 13 * (i // 256 % 251) + 29 * (i // 65536 % 251)) % 251 for i in range(offset, offset + count))


SEND_FLAGS = {'oob': socket.MSG_OOB, 'more': socket.MSG_MORE, 'fastopen': 0x20000000, 'peek': socket.MSG_PEEK}


def flags_of(args):
    names = [name for name in args.get('flags', '').split(',') if name]
    if any(name not in SEND_FLAGS for name in names):
        raise NotUnderstood('flags=%s' % args['flags'])
    return sum(SEND_FLAGS[name] for name in names)


def send(args, me):
    handle = handle_of(args)
    flags, nowait = flags_of(args), number(args, 'nowait', 0) == 1
    data = bytes.fromhex(args['hex']) if 'hex' in args else None
    total = len(data) if data is not None else number(args, 'fill')
    offset = number(args, 'offset', -1)
    if offset < 0:
        offset = handle.sent
    address = (args['addr'], number(args, 'port')) if 'addr' in args else None
    done = 0
    while done < total:
        me.progress = 'sent=%d' % done
        chunk = data[done:done + CHUNK] if data is not None else pattern(offset + done, min(CHUNK, total - done))
        try:
            if address is None:
                count = handle.sock.send(chunk, flags & ~SEND_FLAGS['fastopen'])
            else:
                to, address = address, None
                handle.connecting, handle.connect_error = True, None
                count = handle.sock.sendto(chunk, flags, to)
        except BlockingIOError:  # EINPROGRESS, too: the SYN went without data
            if nowait and done > 0:
                break
            if nowait:
                raise
            yield select.POLLOUT
            continue
        done += count
        handle.sent += count
        if nowait:
            break
    return {'sent': done}


def recv(args, me):
    handle = handle_of(args)
    flags, wanted, until_eof = flags_of(args), number(args, 'bytes', 0), number(args, 'eof', 0) == 1
    offset = number(args, 'offset', -1)
    if offset < 0:
        offset = handle.received
    aside = bool(flags & (socket.MSG_PEEK | socket.MSG_OOB))
    done, ended, differs, digest, head = 0, False, None, 0xCBF29CE484222325, b''

    def said():
        return {'bytes': done, 'eof': int(ended), 'pattern': 'ok' if differs is None else differs, 'digest': '%016x' % digest}

    while not (ended or (not until_eof and done > 0 and done >= wanted)):
        me.progress = ' '.join('%s=%s' % pair for pair in said().items())
        try:
            data = handle.sock.recv(min(CHUNK, wanted - done) if wanted else CHUNK, flags)
        except BlockingIOError:
            yield select.POLLPRI if flags & socket.MSG_OOB else select.POLLIN
            continue
        ended = not data
        right = pattern(offset + done, len(data))
        for at, byte in enumerate(data):
            digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            if differs is None and byte != right[at]:
                differs = offset + done + at
        done += len(data)
        head += data[:SHOWN - len(head)]
        if not aside:
            handle.received += len(data)
        else:
            break
    return {**said(), 'hex': head.hex()}


# Network set-up, mostly through the `ip` program.

ERRORS = {'File exists': errno.EEXIST, 'No such device': errno.ENODEV, 'Cannot find device': errno.ENODEV, 'Invalid argument': errno.EINVAL,
          'Operation not permitted': errno.EPERM, 'Permission denied': errno.EACCES, 'No such process': errno.ESRCH,
          'No such file': errno.ENOENT, 'Cannot assign': errno.EADDRNOTAVAIL, 'too many': errno.E2BIG}


def ip(*words):
    done = subprocess.run(['ip', *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip().replace('\n', ' ')
    raise Refused(next((code for words, code in ERRORS.items() if words in said), errno.EINVAL), said)


def link_up(args):
    ip('link', 'set', 'dev', needed(args, 'dev'), *(['mtu', args['mtu']] if 'mtu' in args else []), 'up' if number(args, 'up', 1) else 'down')
    return {}


def link_get(args):
    [link] = json.loads(ip('-json', 'link', 'show', 'dev', needed(args, 'dev')))
    return {'dev': link['ifname'], 'index': link['ifindex'], 'up': int('UP' in link['flags']),
            'running': int('LOWER_UP' in link['flags']), 'mtu': link['mtu'], 'lladdr': link['address']}


# Commands of the kernel's ethtool interface that switch one thing, by the name of the thing.
OFFLOADS = {'rx': 0x15, 'tx': 0x17, 'sg': 0x19, 'tso': 0x1F, 'gso': 0x24, 'gro': 0x2C}


def offload(args):
    device, off, done, lacking = needed(args, 'dev'), number(args, 'off', 1), [], []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for name, command in OFFLOADS.items():
            value = array.array('I', [command, 0 if off else 1])
            try:
                fcntl.ioctl(control, 0x8946, struct.pack('16sP8x', device.encode(), value.buffer_info()[0]))
                done.append(name)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    raise
                lacking.append(name)
    return {'off' if off else 'on': ','.join(done), 'lacking': ','.join(lacking)}


def addr_add(args):
    address = needed(args, 'addr')
    extra = ['nodad'] if ':' in address else []
    if number(args, 'noprefixroute', 0):
        extra.append('noprefixroute')
    ip('address', 'add', address, 'dev', needed(args, 'dev'), *extra)
    return {}


def addr_del(args):
    ip('address', 'del', needed(args, 'addr'), 'dev', needed(args, 'dev'))
    return {}


# The path manager.

def flags_list(args):
    return [flag for flag in args.get('flags', '').split(',') if flag]


def endpoint_add(args):
    words = [needed(args, 'addr')]
    for key in ('port', 'id', 'dev'):
        if key in args:
            words += [key, args[key]]
    ip('mptcp', 'endpoint', 'add', *words, *flags_list(args))
    return {}


def endpoint_del(args):
    ip('mptcp', 'endpoint', 'delete', 'id', needed(args, 'id'), *([args['addr']] if 'addr' in args else []))
    return {}


def endpoint_set(args):
    who = ['id', args['id']] if 'id' in args else [needed(args, 'addr'), *(['port', args['port']] if 'port' in args else [])]
    flags = flags_list(args)
    ip('mptcp', 'endpoint', 'change', *who, *[flag if flag in flags else 'no' + flag for flag in ('backup', 'fullmesh')
                                              if flag in flags or flag == 'backup'])
    return {}


def endpoint_flush(args):
    ip('mptcp', 'endpoint', 'flush')
    return {}


def endpoint_list(args):
    listed = json.loads(ip('-json', 'mptcp', 'endpoint', 'show') or '[]')
    fields = {'ids': ','.join(str(one['id']) for one in listed)}
    for one in listed:
        fields['%d.addr' % one['id']] = one['address']
        fields['%d.flags' % one['id']] = ','.join(flag for flag in ('signal', 'subflow', 'backup', 'fullmesh', 'implicit') if one.get(flag))
        for key in ('port', 'dev'):
            if key in one:
                fields['%d.%s' % (one['id'], key)] = one[key]
    return fields


def limits_read():
    text = ip('mptcp', 'limits', 'show')
    found = dict(re.findall(r'(add_addr_accepted|subflows) (\d+)', text))
    return {'subflows': found.get('subflows', '0'), 'add-addr-accepted': found.get('add_addr_accepted', '0')}


def limits_write(limits):
    ip('mptcp', 'limits', 'set', 'subflows', limits['subflows'], 'add_addr_accepted', limits['add-addr-accepted'])


def limits_set(args):
    global first_limits
    found = limits_read()
    limits_write({key: args.get(key, value) for key, value in found.items()})
    first_limits = first_limits or found
    return {}


def limits_get(args):
    return limits_read()


# Kernel state.

def sysctl_path(args):
    name = needed(args, 'name')
    if '..' in name or name.startswith('/'):
        raise NotUnderstood('name=%s' % name)
    return '/proc/sys/' + (name if '/' in name else name.replace('.', '/'))


def write_sysctl(path, value):
    with open(path, 'w', encoding='ascii') as file:
        file.write((value or '') + '\n')


def sysctl_set(args):
    path = sysctl_path(args)
    with open(path, encoding='ascii') as file:
        before = file.read().strip()
    write_sysctl(path, needed(args, 'value'))
    saved_sysctls.setdefault(path, before)
    return {}


def sysctl_get(args):
    with open(sysctl_path(args), encoding='ascii') as file:
        return {'value': file.read().strip('\n')}


def counters(args):
    fields = {}
    for path in ('/proc/net/netstat', '/proc/net/snmp'):
        with open(path, encoding='ascii') as file:
            lines = file.read().splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            section = names.split(':')[0]
            fields.update(zip(['%s.%s' % (section, name) for name in names.split()[1:]], values.split()[1:]))
    for path in glob.glob('/proc/net/snmp6'):
        with open(path, encoding='ascii') as file:
            fields.update(line.split() for line in file)
    return {key: value for key, value in fields.items() if key.startswith(args.get('prefix', ''))}


AT_ONCE = {
    'hello': hello, 'uname': uname, 'log': log, 'settle': settle, 'reset': reset, 'socket': open_socket, 'bind': bind, 'listen': listen,
    'shutdown': shut, 'close': close, 'setsockopt': setsockopt, 'getsockopt': getsockopt, 'info': info, 'queued': queued,
    'link-up': link_up, 'link-get': link_get, 'offload': offload, 'addr-add': addr_add, 'addr-del': addr_del,
    'endpoint-add': endpoint_add, 'endpoint-del': endpoint_del, 'endpoint-set': endpoint_set, 'endpoint-flush': endpoint_flush,
    'endpoint-list': endpoint_list, 'limits-set': limits_set, 'limits-get': limits_get, 'sysctl-set': sysctl_set,
    'sysctl-get': sysctl_get, 'counters': counters,
}
MAY_WAIT = {'accept': accept, 'connect': connect, 'connected': connected, 'send': send, 'recv': recv, 'poll': poll}


def step(one):
    """Lets a request work on until it waits again; true when it is answered."""
    try:
        one.events = next(one.work)
        return False
    except StopIteration as end:
        answer(one.id, end.value)
    except NotUnderstood as error:
        misunderstand(one.id, error)
    except Refused as error:
        refuse(one.id, error.number, ' '.join(filter(None, [one.progress, error.text])))
    except OSError as error:
        refuse(one.id, error.errno, one.progress)
    return True


def begin_waiting(request_id, command, args):
    handle = handle_of(args)
    limit = number(args, 'timeout', USUAL_TIMEOUT_MS)
    one = Waiting(request_id, command, handle, None, time.monotonic() + limit / 1000)
    one.work = MAY_WAIT[command](args, one)
    if any(other.handle is handle and other.kind == command for other in waiting):
        waiting.append(one)  # its turn comes
    elif not step(one):
        if limit == 0:
            refuse(request_id, errno.ETIMEDOUT, one.progress)
        else:
            waiting.append(one)


def serve(line):
    """One request line. Returns false when the agent is to go."""
    request_id, command, *words = (line.rstrip('\r').split() + ['', ''])[:2] + line.split()[2:]
    if not re.fullmatch(r'[A-Za-z0-9._:-]{1,64}', request_id) or command == '':
        misunderstand('-', 'expected: <id> <command> [key=value ...]')
        return True
    try:
        args = {key: unquoted(value) for key, value in (word.split('=', 1) for word in words)}
    except ValueError:
        misunderstand(request_id, 'expected key=value')
        return True
    try:
        if command == 'exit':
            answer(request_id, {})
            return False
        if command in MAY_WAIT:
            begin_waiting(request_id, command, args)
        elif command == 'sync':
            waiting.append(Waiting(request_id, command, None, iter(()), None))
        elif command in AT_ONCE:
            answer(request_id, AT_ONCE[command](args))
        else:
            misunderstand(request_id, '%s: unknown command' % command)
    except NotUnderstood as error:
        misunderstand(request_id, error)
    except Refused as error:
        refuse(request_id, error.number, error.text)
    except OSError as error:
        refuse(request_id, error.errno or errno.EIO, str(error))
    return True


def work_on():
    """Goes through what waits: each kind of work on a socket in the order of the requests."""
    busy = set()
    for one in list(waiting):
        if one not in waiting:
            continue
        if one.kind == 'sync':
            if waiting[0] is one:
                waiting.remove(one)
                answer(one.id, {})
            continue
        place = (one.handle, one.kind)
        if place in busy:
            continue
        busy.add(place)
        if step(one):
            waiting.remove(one)
            busy.discard(place)
        elif time.monotonic() >= one.deadline:
            waiting.remove(one)
            refuse(one.id, errno.ETIMEDOUT, one.progress)


def wait_for_news():
    poller = select.poll()
    poller.register(0, select.POLLIN)
    events = {}
    for one in waiting:
        if one.handle is not None and one.events is not None:
            fd = one.handle.sock.fileno()
            events[fd] = events.get(fd, 0) | one.events
    for fd, mask in events.items():
        poller.register(fd, mask)
    deadlines = [one.deadline for one in waiting if one.deadline is not None]
    limit = max(0, min(deadlines) - time.monotonic()) * 1000 + 1 if deadlines else None
    return any(fd == 0 for fd, _mask in poller.poll(limit))


def main():
    reply('agent ' + ' '.join('%s=%s' % (key, quoted(value)) for key, value in identity().items()))
    rest = b''
    while True:
        if wait_for_news():
            data = os.read(0, CHUNK)
            if not data:
                return
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                if not serve(line.decode(errors='replace')):
                    return
                work_on()
        work_on()


if __name__ == '__main__':
    main()
