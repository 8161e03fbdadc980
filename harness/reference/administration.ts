/** Administrative calls of a host: links, addresses, endpoints, settings. */
import { canonicalAddress, familyOf } from '../packet/index.ts';
import type { Endpoint, HostCall } from './calls.ts';
import { withdrawAddress } from './mptcp/3.4.2-remove-address.ts';
import { sendPriority } from './mptcp/3.3.8-subflow-policy.ts';
import { splitPrefix } from './routes.ts';
import { done, failed, type Ending } from './sockets.ts';
import { isSynchronized } from './tcp/subflow.ts';
import type { Device, Stack } from './state.ts';

/** Settings of a new host, under Linux's names. */
export const DEFAULT_SETTINGS: readonly (readonly [string, string])[] = [
  ['net.mptcp.enabled', '1'],
  ['net.mptcp.allow_join_initial_addr_port', '1'],
  ['net.mptcp.add_addr_timeout', '120'],
  ['net.mptcp.syn_retrans_before_tcp_fallback', '2'],
  ['net.ipv4.tcp_sack', '1'],
  ['net.ipv4.tcp_timestamps', '1'],
  ['net.ipv4.tcp_window_scaling', '1'],
  ['net.ipv4.tcp_syncookies', '0'],
  ['net.ipv4.tcp_fastopen', '1'],
  ['net.ipv4.tcp_syn_retries', '6'],
  ['net.ipv4.tcp_synack_retries', '5'],
  ['net.ipv4.tcp_retries2', '15'],
  ['net.ipv4.tcp_rto_min_us', '200000'],
  ['net.ipv4.tcp_rmem', '262144'],
  ['net.ipv4.tcp_wmem', '262144'],
];

/** A device from its addresses with prefix lengths. */
export function makeDevice(name: string, mtu: number, addresses: readonly string[]): Device {
  return { name, mtu, up: true, addresses: addresses.map(deviceAddress) };
}

function deviceAddress(text: string) {
  const { address, prefix } = splitPrefix(text);
  return { address: canonicalAddress(address), prefix, family: familyOf(address) };
}

/** Answers a call of {@link HostCall}, `reset` apart. */
export function administer(stack: Stack, call: Exclude<HostCall, { op: 'reset' }>): Ending {
  switch (call.op) {
    case 'link':
    case 'address-add':
    case 'address-del':
    case 'route-add':
    case 'route-del':
      return network(stack, call);
    case 'endpoint-add':
    case 'endpoint-del':
    case 'endpoint-set':
    case 'endpoint-flush':
    case 'endpoint-list':
      return endpoints(stack, call);
    case 'limits-set':
      stack.limits.subflows = call.subflows ?? stack.limits.subflows;
      stack.limits.addAddrAccepted = call.addAddrAccepted ?? stack.limits.addAddrAccepted;
      return done();
    case 'limits-get':
      return done({ ...stack.limits });
    case 'sysctl-set':
      stack.sysctls.set(call.name, lastNumber(call.value));
      return done();
    case 'sysctl-get': {
      const value = stack.sysctls.get(call.name);
      return value === undefined ? failed('ENOENT') : done({ value });
    }
    case 'counters':
      return done({ counters: Object.fromEntries(stack.counters) });
  }
}

/** Of Linux's three sizes of a buffer the last is the one that counts here. */
function lastNumber(value: string): string {
  return value.trim().split(/\s+/).at(-1) ?? '';
}

type NetworkCall = Extract<HostCall, { op: 'link' | 'address-add' | 'address-del' | 'route-add' | 'route-del' }>;

function network(stack: Stack, call: NetworkCall): Ending {
  const device = stack.devices.find((one) => one.name === call.device);
  if (device === undefined) return failed('ENODEV');
  switch (call.op) {
    case 'link':
      device.mtu = call.mtu ?? device.mtu;
      if (call.up !== undefined) setLink(stack, device, call.up);
      return done({ mtu: device.mtu, up: device.up });
    case 'address-add': {
      const added = deviceAddress(call.address);
      if (device.addresses.some((one) => one.address === added.address)) return failed('EEXIST');
      device.addresses.push(added);
      pathsMayHaveCome(stack);
      return done();
    }
    case 'address-del': {
      const { address } = deviceAddress(call.address);
      if (!device.addresses.some((one) => one.address === address)) return failed('EADDRNOTAVAIL');
      device.addresses = device.addresses.filter((one) => one.address !== address);
      addressGone(stack, address);
      return done();
    }
    case 'route-add': {
      const { address, prefix } = splitPrefix(call.destination);
      stack.routes.push({
        destination: canonicalAddress(address),
        prefix,
        device: device.name,
        ...(call.source !== undefined && { source: canonicalAddress(call.source) }),
      });
      return done();
    }
    case 'route-del': {
      const { address, prefix } = splitPrefix(call.destination);
      const destination = canonicalAddress(address);
      const left = stack.routes.filter(
        (one) => !(one.destination === destination && one.prefix === prefix && one.device === device.name),
      );
      if (left.length === stack.routes.length) return failed('ESRCH');
      stack.routes = left;
      return done();
    }
  }
}

function setLink(stack: Stack, device: Device, up: boolean): void {
  if (device.up === up) return;
  device.up = up;
  if (up) pathsMayHaveCome(stack);
  else for (const { address } of device.addresses) linkLost(stack, address);
}

/** Endpoints that could not be used before may be tried now. */
function pathsMayHaveCome(stack: Stack): void {
  for (const connection of stack.connections) {
    connection.usedEndpoints = new Set(
      [...connection.usedEndpoints].filter((id) => {
        const address = stack.endpoints.find((one) => one.id === id)?.address;
        return connection.subflows.some((one) => one.local.address === address);
      }),
    );
    connection.announced = new Set(
      [...connection.announced].filter((id) => connection.announcements.some((one) => one.id === id)),
    );
  }
}

/** An address cannot be used: connections that have another path withdraw it (3.4.2-1). */
function linkLost(stack: Stack, address: string): void {
  for (const connection of stack.connections) {
    if (!connection.subflows.some((one) => one.local.address !== address && isSynchronized(one))) continue;
    for (const [id, one] of [...connection.localAddresses]) {
      if (one.address === address) withdrawAddress(stack, connection, id, true);
    }
  }
}

/** An address is no longer the host's: connections withdraw it (3.4.2-1). */
function addressGone(stack: Stack, address: string): void {
  for (const connection of stack.connections) {
    for (const [id, one] of [...connection.localAddresses]) {
      if (one.address === address) withdrawAddress(stack, connection, id, true);
    }
  }
}

type EndpointCall = Extract<
  HostCall,
  { op: 'endpoint-add' | 'endpoint-del' | 'endpoint-set' | 'endpoint-flush' | 'endpoint-list' }
>;

function endpoints(stack: Stack, call: EndpointCall): Ending {
  switch (call.op) {
    case 'endpoint-add':
      return addEndpoint(stack, call);
    case 'endpoint-del':
      return deleteEndpoint(stack, call.id, call.address);
    case 'endpoint-set': {
      const address = call.address === undefined ? undefined : canonicalAddress(call.address);
      const found = stack.endpoints.find((one) =>
        call.id === undefined ? one.address === address : one.id === call.id,
      );
      if (found === undefined) return failed('EINVAL');
      found.flags = { ...found.flags, ...call.flags };
      changePriority(stack, found.address, call.flags.backup);
      return done();
    }
    case 'endpoint-flush':
      for (const one of [...stack.endpoints]) deleteEndpoint(stack, one.id, one.address);
      return done();
    case 'endpoint-list':
      return done({ endpoints: stack.endpoints.map((one) => ({ ...one })) });
  }
}

function addEndpoint(stack: Stack, call: Extract<HostCall, { op: 'endpoint-add' }>): Ending {
  const address = canonicalAddress(call.address);
  const taken = new Set(stack.endpoints.map((one) => one.id));
  const id = call.id ?? Array.from({ length: 255 }, (_, at) => at + 1).find((one) => !taken.has(one)) ?? 0;
  if (id === 0) return failed('ERANGE');
  if (taken.has(id)) return failed('EBUSY');
  if (stack.endpoints.some((one) => one.address === address && one.port === call.port)) return failed('EEXIST');
  const endpoint: Endpoint = {
    id,
    address,
    flags: { ...call.flags },
    ...(call.port !== undefined && call.port !== 0 && { port: call.port }),
    ...(call.device !== undefined && { device: call.device }),
  };
  stack.endpoints.push(endpoint);
  for (const connection of stack.connections) {
    connection.usedEndpoints.delete(id);
    connection.announced.delete(id);
  }
  return done({ id });
}

/** Takes an endpoint away: the address is withdrawn from all connections, whether it still works or not. */
function deleteEndpoint(stack: Stack, id: number, text: string | undefined): Ending {
  const address = text === undefined ? undefined : canonicalAddress(text);
  if (id === 0) {
    if (address === undefined) return failed('EINVAL');
    for (const connection of stack.connections) {
      if (connection.first?.local.address === address) withdrawAddress(stack, connection, 0, false);
    }
    return done();
  }
  const found = stack.endpoints.find((one) => one.id === id && (address === undefined || one.address === address));
  if (found === undefined) return failed('EINVAL');
  stack.endpoints = stack.endpoints.filter((one) => one !== found);
  for (const connection of stack.connections) {
    for (const [localId, one] of [...connection.localAddresses]) {
      if (one.address === found.address && localId !== 0) withdrawAddress(stack, connection, localId, false);
    }
  }
  return done();
}

function changePriority(stack: Stack, address: string, backup: boolean): void {
  for (const connection of stack.connections) {
    for (const subflow of connection.subflows) {
      if (subflow.local.address === address) sendPriority(stack, subflow, backup);
    }
  }
}
