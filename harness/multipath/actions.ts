/** The steps that do not judge. */
import { sleep } from '../clock/clock.ts';
import { amount } from '../document/amount.ts';
import type { Way } from '../wire/forward/types.ts';
import { finishConnection, openConnection } from './connections.ts';
import { linkOf, plugIn, removeAddress, restoreAddress, unplug, type Side } from './hosts.ts';
import { pathShape } from './load.ts';
import type { Verbs } from './raw-suite.ts';
import type { MultipathStep } from './scenario.ts';
import { StepUnmet, type Connection, type RunState } from './state.ts';
import { hasOption } from './trace.ts';
import { Transfer, type Socket } from './transfer.ts';

/** Default wait of steps, milliseconds: long compared to any round trip here. */
const WAIT = { connect: 10_000, joined: 10_000, transfer: 30_000, condition: 30_000, request: 10_000 } as const;

/** A way to carry out each verb that does not judge. */
type Action = {
  [V in Exclude<keyof Verbs, `judge-${string}`>]: (
    state: RunState,
    given: Verbs[V],
    within: number | undefined,
  ) => Promise<void>;
};

/** Numbers of endpoints for the path manager, by link: its place in the topology, from 1. */
export function endpointId(state: RunState, link: string): number {
  return state.pair.client.links.findIndex((one) => one.spec.name === link) + 1;
}

function socketOf(state: RunState, { sockets }: Connection, side: Side): Socket {
  return { agent: state.pair[side].agent, fd: sockets[side] };
}

function begin(state: RunState, name: string, size: string, from: Side, connection: Connection): Transfer {
  const to: Side = from === 'client' ? 'server' : 'client';
  const transfer = new Transfer(
    name,
    amount(size),
    socketOf(state, connection, from),
    socketOf(state, connection, to),
    connection.streams[from],
    () => state.changed(),
  );
  state.transfers.set(name, transfer);
  return transfer;
}

async function single(
  state: RunState,
  { path, size, from = 'client', as }: Verbs['single'],
  within: number = WAIT.transfer,
): Promise<void> {
  const connection = await openConnection(state, {
    name: `tcp-${as}`,
    path,
    to: 's',
    proto: 'tcp',
    within: WAIT.connect,
  });
  const transfer = begin(state, as, size, from, connection);
  await state.until(`transfer ${as} over path ${path} only`, () => transfer.hasEnded, within);
  if (transfer.outcome !== 'intact')
    throw new StepUnmet(`transfer ${as} over path ${path} only ended with ${transfer.outcome}`);
  await finishConnection(state, connection);
}

async function transfers(state: RunState, given: Verbs['transfers'], within: number = WAIT.transfer): Promise<void> {
  const { count, size, from = 'client', as, over } = given;
  const series: Transfer[] = [];
  state.repeated.set(as, series);
  for (let number = 1; number <= count; number++) {
    const transfer = begin(state, `${as}-${number}`, size, from, state.connection(over));
    series.push(transfer);
    // One that stands still is for the steps that judge it, and the last.
    if (!(await state.sooner(() => transfer.hasEnded, within))) return;
  }
}

async function until(state: RunState, given: Verbs['until'], within: number = WAIT.condition): Promise<void> {
  const { delivered, of, ends, recovered, carried, octets, seen, on, from } = given;
  if (ends !== undefined) {
    const transfer = state.transfer(ends);
    // One that stands still is for the steps that judge it.
    await state.sooner(() => transfer.hasEnded, within);
    return;
  }
  if (delivered !== undefined) {
    const transfer = state.transfer(of ?? 'data');
    const wanted = amount(delivered) * transfer.size;
    await state.until(
      `${delivered} of ${transfer.name} delivered`,
      () => transfer.delivered >= wanted || transfer.hasEnded,
      within,
    );
    if (transfer.delivered < wanted)
      throw new StepUnmet(`${transfer.name} ended with ${transfer.outcome} before ${delivered} of it was delivered`);
    return;
  }
  if (recovered !== undefined) {
    await state.until(
      `recovery of the segments dropped on path ${recovered}`,
      () => state.trace.hasRecovered(recovered),
      within,
    );
    return;
  }
  const since = state.stepAt;
  if (carried !== undefined) {
    const wanted = amount(octets ?? '1B');
    await state.until(
      `${octets === undefined ? 'data' : `${octets} bytes`} on path ${carried}`,
      () => state.trace.payloadOn(carried, since) >= wanted,
      within,
    );
    return;
  }
  if (seen === undefined || on === undefined)
    throw new StepUnmet('until needs one of: delivered, ends, recovered, carried, seen with on');
  await state.until(
    `${seen} on path ${on}`,
    () => state.trace.of(from ?? 'client', { path: on }).some(({ packet }) => hasOption(packet, seen)),
    within,
  );
}

async function requests(state: RunState, given: Verbs['requests'], within: number = WAIT.request): Promise<void> {
  const { count, ask, answer, as, over, pause } = given;
  const connection = state.connection(over);
  const [client, server] = [socketOf(state, connection, 'client'), socketOf(state, connection, 'server')];
  const [asked, answered] = [amount(ask), amount(answer)];
  const times: number[] = [];
  state.requests.set(as, { name: as, times });
  for (let i = 0; i < count; i++) {
    const startedAt = state.clock.now();
    const got = server.agent
      .request('recv', { fd: server.fd, bytes: asked, show: 0, timeout: within })
      .then(() => server.agent.request('send', { fd: server.fd, fill: answered, timeout: within }));
    const reading = client.agent.request('recv', { fd: client.fd, bytes: answered, show: 0, timeout: within });
    await Promise.all([client.agent.request('send', { fd: client.fd, fill: asked, timeout: within }), got, reading]);
    times.push(state.clock.now() - startedAt);
    // Not a wait for anything: people do not ask back to back, and queues drain in between.
    if (pause !== undefined) await sleep(state.clock, amount(pause));
  }
  connection.streams.client.bytes += count * asked;
  connection.streams.server.bytes += count * answered;
}

async function silence(state: RunState, path: string, isSilent: boolean, ways?: readonly Way[]): Promise<void> {
  state.forwarder.path(path).silence(isSilent, ways);
  await Promise.resolve();
}

/** The actions by their verbs. */
const ACTIONS: Action = {
  connect: async (state, { path, to = 's', proto = 'mptcp', as = 'main' }, within = WAIT.connect) => {
    await openConnection(state, { name: as, path, to, proto, within });
  },
  joined: (state, paths, within = WAIT.joined) =>
    state.until(`subflows on ${paths.join(' and ')}`, () => paths.every((path) => state.trace.hasJoined(path)), within),
  single,
  send: async (state, { size, from = 'client', as = 'data', over }) => {
    begin(state, as, size, from, state.connection(over));
    await Promise.resolve();
  },
  transfers,
  until,
  requests,
  shape: async (state, { path, ...change }) => {
    const one = state.forwarder.path(path);
    one.reshape(pathShape(change, one.shape));
    await Promise.resolve();
  },
  drop: async (state, { path, from = 'client', segments = 1 }, within = WAIT.condition) => {
    const way = from === 'client' ? 'up' : 'down';
    const before = state.trace.dropped(path);
    state.forwarder.path(path).drop(way, segments);
    await state.until(
      `${segments} segments of the ${from} dropped on path ${path}`,
      () => state.trace.dropped(path) >= before + segments,
      within,
    );
  },
  silence: (state, path) => silence(state, path, true),
  restore: (state, path) => silence(state, path, false),
  unplug: (state, path) => unplug(state.pair.client, linkOf(state.pair.client, path)),
  plug: (state, path) => plugIn(state.pair.client, linkOf(state.pair.client, path), state.family),
  'remove-address': (state, path) => {
    const isEndpoint = path in (state.scenario.client.endpoints ?? {});
    // The first subflow's address has number 0.
    return removeAddress(
      state.pair.client,
      linkOf(state.pair.client, path),
      state.family,
      isEndpoint ? endpointId(state, path) : 0,
    );
  },
  'add-address': (state, path) => restoreAddress(state.pair.client, linkOf(state.pair.client, path), state.family),
  'add-endpoint': async (state, { link, flags = ['subflow'] }) => {
    const { agent } = state.pair.client;
    const { sut, sutDevice } = linkOf(state.pair.client, link);
    await agent.request('endpoint-add', {
      addr: sut[state.family],
      dev: sutDevice,
      id: endpointId(state, link),
      flags: flags.join(','),
    });
  },
  'remove-endpoint': async (state, link) => {
    await state.pair.client.agent.request('endpoint-del', { id: endpointId(state, link) });
  },
  'set-backup': async (state, { link, to }) => {
    await state.pair.client.agent.request('endpoint-set', { id: endpointId(state, link), flags: to ? 'backup' : '' });
  },
  // Part of what is simulated (an outage of so long), so it is a time and no event.
  pass: (state, time) => sleep(state.clock, amount(time)),
  finish: (state, name) => finishConnection(state, state.connection(name)),
};

/** Does what a step that does not judge says. @throws StepUnmet, AgentRefused */
export async function act(state: RunState, step: MultipathStep): Promise<void> {
  const action = ACTIONS[step.verb as keyof Action] as (
    state: RunState,
    given: unknown,
    within: number | undefined,
  ) => Promise<void>;
  await action(state, step.with, step.within);
}
