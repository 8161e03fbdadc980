/** A simple path manager (RFC 8684 §3.4, §3.9): which addresses are announced, and which subflows are opened. */
import { familyOf } from '../../packet/index.ts';
import type { Endpoint } from '../calls.ts';
import { deviceOf, enqueue, isOpen, isUsable, makeSubflow, tupleOf } from '../tcp/subflow.ts';
import { sourceFor } from '../routes.ts';
import type { AddressPort, Connection, Stack, Subflow } from '../state.ts';
import { newJoin } from './3.2-starting-a-new-subflow.ts';
import { announce, pathKey, targetKey } from './3.4.1-address-advertisement.ts';

/** The Address ID of a local address (3.2-9, 3.4.1-3): that of its endpoint, or the first that is free. */
export function localIdOf(stack: Stack, connection: Connection, address: string): number {
  for (const [id, one] of connection.localAddresses) if (one.address === address) return id;
  const endpoint = stack.endpoints.find((one) => one.address === address);
  if (endpoint !== undefined && !connection.localAddresses.has(endpoint.id)) return endpoint.id;
  const taken = new Set([...connection.localAddresses.keys(), ...stack.endpoints.map((one) => one.id)]);
  for (let id = 1; id < 256; id++) if (!taken.has(id)) return id;
  return 0;
}

/** Subflows besides the first that are open or being opened. */
function additional(connection: Connection): number {
  return connection.subflows.filter((one) => one.kind === 'join' && isOpen(one)).length;
}

/** The first subflow's addresses, which outlive it (4-2.18). */
interface FirstAddresses {
  local: AddressPort;
  remote: AddressPort;
}

/** A port of an ephemeral range that makes a 4-tuple which is not in use. */
export function freePort(stack: Stack, address: string, remote: AddressPort): number {
  const bytes = stack.random(2);
  const begin = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  for (let step = 0; step < 28_000; step++) {
    const port = 32_768 + ((begin + step) % 28_000);
    const taken = stack.listeners.some((one) => one.local?.port === port);
    if (!taken && !stack.byTuple.has(tupleOf({ address, port }, remote))) return port;
  }
  return 0;
}

/** Starts a subflow by a SYN with MP_JOIN. */
function startJoin(
  stack: Stack,
  connection: Connection,
  from: { address: string; id: number; backup: boolean },
  remote: AddressPort & { id: number },
): Subflow | undefined {
  const { heuristics } = stack.rules;
  const first = connection.first;
  if (first === undefined) return undefined;
  const wished = heuristics.localPort(first.local.port, connection);
  const target = { address: remote.address, port: remote.port };
  const same = wished > 0 && !stack.byTuple.has(tupleOf({ address: from.address, port: wished }, target));
  const port = same ? wished : freePort(stack, from.address, target);
  if (port === 0) return undefined;
  const subflow = makeSubflow(stack, connection, {
    kind: 'join',
    opener: 'active',
    local: { address: from.address, port },
    remote: target,
    localId: from.id,
    remoteId: remote.id,
    backup: from.backup,
  });
  connection.localAddresses.set(from.id, subflow.local);
  subflow.join = newJoin(stack, connection);
  subflow.state = 'SYN_SENT';
  enqueue(subflow, { syn: true });
  return subflow;
}

/** Whether there is a subflow between two addresses, or none is to be opened again (3.6-4.s4). */
function isSettled(connection: Connection, local: string, remote: AddressPort): boolean {
  if (connection.failedTargets.has(pathKey(local, remote))) return true;
  return connection.subflows.some(
    (one) =>
      isOpen(one) &&
      one.local.address === local &&
      one.remote.address === remote.address &&
      one.remote.port === remote.port,
  );
}

/** Whether the connection may get one more subflow now. */
function hasRoom(stack: Stack, connection: Connection): boolean {
  return additional(connection) < stack.limits.subflows;
}

/** Announces and opens what the endpoints and the peer's announcements ask for. */
export function managePaths(stack: Stack, connection: Connection): void {
  if (connection.mode !== 'mptcp' || !connection.established || connection.first === undefined) return;
  if (connection.writeClosed || connection.peerClosed || connection.state !== 'M_ESTAB') return;
  announceEndpoints(stack, connection);
  if (!stack.rules.join.mayInitiate(connection)) return;
  openFromEndpoints(stack, connection, connection.first);
  openToAnnounced(stack, connection, connection.first);
}

function announceEndpoints(stack: Stack, connection: Connection): void {
  if (!stack.rules.announcing.mayAnnounce(connection)) return;
  for (const endpoint of stack.endpoints) {
    if (endpoint.flags.signal !== true || connection.announced.has(endpoint.id)) continue;
    connection.announced.add(endpoint.id);
    const isFirst = endpoint.address === connection.first?.local.address && endpoint.port === undefined;
    const foreign = deviceOf(stack, endpoint.address) === undefined;
    if (isFirst || !(foreign || isUsable(stack, endpoint.address))) continue;
    const id = localIdOf(stack, connection, endpoint.address);
    announce(connection, {
      id,
      address: endpoint.address,
      ...(endpoint.port !== undefined && { port: endpoint.port }),
    });
  }
}

function openFromEndpoints(stack: Stack, connection: Connection, first: FirstAddresses): void {
  const { heuristics } = stack.rules;
  const target = { ...heuristics.targetOfEndpoint(first.remote, connection), id: 0 };
  if (connection.noJoinToInitial && heuristics.honoursNoJoin) return;
  if (connection.failedTargets.has(targetKey(target))) return;
  for (const endpoint of stack.endpoints) {
    if (endpoint.flags.subflow !== true || connection.usedEndpoints.has(endpoint.id)) continue;
    if (familyOf(endpoint.address) !== familyOf(target.address) || !isUsable(stack, endpoint.address)) continue;
    if (!hasRoom(stack, connection)) return;
    connection.usedEndpoints.add(endpoint.id);
    for (let copy = 0; copy < heuristics.subflowsPerPair; copy++) {
      if (copy > 0 ? !hasRoom(stack, connection) : isSettled(connection, endpoint.address, target)) continue;
      startJoin(stack, connection, source(stack, connection, endpoint.address, endpoint), target);
    }
  }
}

function source(stack: Stack, connection: Connection, address: string, endpoint: Endpoint | undefined) {
  return { address, id: localIdOf(stack, connection, address), backup: endpoint?.flags.backup === true };
}

/** Addresses from which to connect to an announced one: of every full-mesh endpoint, else one. */
function sourcesFor(stack: Stack, target: string): string[] {
  const family = familyOf(target);
  const fits = (address: string) => familyOf(address) === family && isUsable(stack, address);
  const mesh = stack.endpoints.filter((one) => one.flags.fullmesh === true && fits(one.address));
  if (mesh.length > 0) return mesh.map((one) => one.address);
  const routed = sourceFor(stack, target);
  if (routed === undefined) return [];
  return stack.rules.heuristics.sources(routed, allAddresses(stack).filter(fits));
}

function allAddresses(stack: Stack): string[] {
  return stack.devices.flatMap((device) => device.addresses.map((one) => one.address));
}

function openToAnnounced(stack: Stack, connection: Connection, first: FirstAddresses): void {
  const { heuristics } = stack.rules;
  const waiting = connection.pendingTargets;
  connection.pendingTargets = [];
  for (const target of waiting) {
    const isFirst = target.address === first.remote.address && target.port === first.remote.port;
    if (isFirst && connection.noJoinToInitial && heuristics.honoursNoJoin) continue;
    if (connection.failedTargets.has(targetKey(target))) continue;
    if (!heuristics.connectsToAnnounced(target, connection)) continue;
    if (connection.acceptedAnnouncements >= stack.limits.addAddrAccepted) continue;
    let opened = false;
    for (const address of sourcesFor(stack, target.address)) {
      if (isSettled(connection, address, target) || !hasRoom(stack, connection)) continue;
      const endpoint = stack.endpoints.find((one) => one.address === address);
      if (startJoin(stack, connection, source(stack, connection, address, endpoint), target) !== undefined)
        opened = true;
    }
    if (opened) connection.acceptedAnnouncements++;
  }
}

/** A join has failed: its target is not tried again unless it is announced again (3.9.3-3.s4, 3.4.1-11). */
export function joinFailed(stack: Stack, subflow: Subflow): void {
  noteFailure(stack, subflow, targetKey(subflow.remote));
}

/** A reset has ended a subflow for good: its path is not tried again (3.6-4.s4). */
export function pathFailed(stack: Stack, subflow: Subflow): void {
  noteFailure(stack, subflow, pathKey(subflow.local.address, subflow.remote));
}

function noteFailure(stack: Stack, subflow: Subflow, key: string): void {
  const { connection } = subflow;
  if (stack.rules.heuristics.remembersFailure(subflow)) connection.failedTargets.add(key);
  else connection.usedEndpoints.delete(subflow.localId);
}
