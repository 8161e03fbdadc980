/** Faults of address management and the path manager (sections 3.4 and 3.9). */
import { addAddrHmac } from '../../mptcp/index.ts';
import type { OptionAddAddr } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import type { Connection, Subflow } from '../state.ts';
import { fault, onlyFirst, reads, reset, sends } from './fault.ts';

/** Alters announcements, not echoes. */
function announces(change: (option: OptionAddAddr) => Partial<OptionAddAddr>) {
  return sends('add_addr', (option) => (option.echo ? option : { ...option, ...change(option) }));
}

/** Alters echoes. */
function echoes(change: (option: OptionAddAddr) => Partial<OptionAddAddr>) {
  return () => ({ announcing: { echo: (right: OptionAddAddr) => ({ ...right, ...change(right) }) } });
}

/** Takes the target of a join that failed for one that was just announced. */
export function tryAgain({ connection, remote, remoteId }: Subflow): boolean {
  const via = connection.subflows.find((one) => one.kind === 'initial');
  if (via !== undefined) connection.pendingTargets.push({ id: remoteId, ...remote, via });
  return false;
}

/** Does something when the same address is announced for the `count`th time. */
function onRepetition(count: number, act: (subflow: Subflow) => void): (standard: Rules) => RulesChange {
  return ({ announcing }) => {
    const heard = new Map<string, number>();
    return {
      announcing: {
        takes: (option, subflow) => {
          const key = `${subflow.connection.number} ${option.addressId} ${option.address}`;
          const times = (heard.get(key) ?? 0) + 1;
          heard.set(key, times);
          if (times === count) act(subflow);
          return announcing.takes(option, subflow);
        },
      },
    };
  };
}

/** Faults of address advertisement and path management. */
export const pathFaults: readonly Variation[] = [
  fault('add-addr-reserved', '3.4.1-8.s3.1', 'Sets the reserved bits of ADD_ADDR.', () => ({
    announcing: { reserved: 7 },
  })),
  fault(
    'add-addr-reserved-one',
    '3.4.1-8.s3.1',
    'Sets the lowest reserved bit of ADD_ADDR with a port.',
    announces(({ port }) => (port === undefined ? {} : { reserved: 1 })),
  ),
  fault(
    'echo-reserved',
    '3.4.1-8.s3.1',
    'Sets a reserved bit in echoes.',
    echoes(() => ({ reserved: 4 })),
  ),
  fault(
    'add-addr-reserved-minded',
    '3.4.1-8.s3.2',
    'Ignores ADD_ADDR with reserved bits.',
    reads('add_addr', (option) => (option.reserved === 0 ? option : undefined)),
  ),
  fault(
    'add-addr-high-reserved-minded',
    '3.4.1-8.s3.2',
    'Ignores ADD_ADDR with the highest reserved bit.',
    reads('add_addr', (option) => ((option.reserved & 4) === 0 ? option : undefined)),
  ),
  fault(
    'reserved-bit-is-echo',
    ['3.4.1-8.s3.2', '3.4.1-8.s2'],
    'Treats a reserved bit of ADD_ADDR as flag E.',
    reads('add_addr', (option) => ({ ...option, echo: option.echo || option.reserved !== 0 })),
  ),
  fault(
    'one-id-for-all',
    ['3.4.1-3.s3', '3.4.1-3.s1', '3.4.1-12.s1'],
    'Announces all addresses with the same Address ID.',
    () => ({ announcing: { idToSend: () => 1 } }),
  ),
  fault('announces-id-0', '3.4.1-3.s3', 'Announces addresses with Address ID 0, that of the first subflow.', () => ({
    announcing: { idToSend: () => 0 },
  })),
  fault('id-per-transmission', '3.4.1-9.s2', 'Announces an address with another Address ID each time.', () => ({
    announcing: { idToSend: ({ id, transmissions }) => (id + transmissions - 1) % 256 },
  })),
  fault(
    'ids-of-joins-apart',
    ['3.4.1-3.s2', '3.4.1-3.s3'],
    'Joins from an announced address with another Address ID.',
    () => ({ join: { addressId: ({ localId }) => (localId + 1) % 256 } }),
  ),
  fault(
    'id-of-other-address',
    ['3.4.1-12.s1', '3.4.1-3.s3'],
    "Announces every address after the first under the first one's Address ID.",
    () => {
      let first: number | undefined;
      return { announcing: { idToSend: ({ id }) => (first ??= id) } };
    },
  ),
  fault(
    'id-not-removed',
    ['3.4.1-13.s1', '3.4.1-12.s1'],
    'Gives an Address ID to another address without removing it first.',
    () => ({ removing: { tells: () => false } }),
  ),
  fault('id-removed-when-unused', '3.4.1-13.s1', 'Removes an Address ID only when a subflow uses it.', () => ({
    removing: { tells: (_, inUse) => inUse },
  })),
  fault('wrong-id-removed', '3.4.1-13.s1', 'Removes the Address ID after the one that it means.', () => ({
    removing: { idsToSend: (id) => [(id + 1) % 256] },
  })),
  fault('soft-state-forgotten', ['3.4.1-9.s4', '3.4.1-9.s2'], 'Repeats no announcement, echo or not.', () => ({
    announcing: { goesOn: ({ transmissions }) => transmissions < 1 },
  })),
  fault('announcements-without-end', '3.4.1-9.s4', 'Goes on announcing an address though its echo came.', () => ({
    announcing: { echoMatches: () => false },
  })),
  fault(
    'repeated-announcement-resets',
    ['3.4.1-4.s4.1', '3.4.1-11.s2'],
    'Resets the subflow on which a known address was announced again, with the next data that comes.',
    ({ announcing, signals }) => {
      const marked = new Set<Subflow>();
      return {
        ...onRepetition(2, (subflow) => void marked.add(subflow))({ announcing } as Rules),
        signals: {
          incoming: (options, subflow) => {
            const data = options.some((one) => one.kind === 'dss' && one.hasMap);
            if (data && subflow !== undefined && marked.has(subflow)) reset(subflow, 1);
            return signals.incoming(options, subflow);
          },
        },
      };
    },
  ),
  fault(
    'repeated-announcement-stalls',
    '3.4.1-4.s4.1',
    'Sends no data any more after a known address was announced again.',
    ({ announcing, policy }) => {
      const marked = new Set<Connection>();
      return {
        ...onRepetition(2, ({ connection }) => void marked.add(connection))({ announcing } as Rules),
        policy: {
          scheduler: (ready, connection) => (marked.has(connection) ? undefined : policy.scheduler(ready, connection)),
        },
      };
    },
  ),
  fault('soft-state-wanted', '3.4.1-4.s4.1', 'Falls silent on a connection whose ADD_ADDR got no echo.', () => ({
    policy: {
      scheduler: (ready, { announcements }) =>
        announcements.some(({ transmissions, echoed }) => transmissions > 0 && !echoed) ? undefined : ready[0],
    },
  })),
  fault(
    'add-addr-hmac-from-the-left',
    ['3.4.1-7.s1', '3.4.1-7.s2'],
    'Announces with another 64 bits of the HMAC.',
    announces(({ hmac }) => (hmac === undefined ? {} : { hmac: hmac.slice().reverse() })),
  ),
  fault(
    'add-addr-without-hmac',
    ['3.4.1-2.1.s1.3', '5-4.s8', '3.4.1-2.1.s1.2', 'A-9.s1', '7.2-2.s1'],
    'Announces without an HMAC.',
    () => ({ announcing: { hmac: () => ({}) } }),
  ),
  fault(
    'add-addr-keys-swapped',
    ['3.4.1-7.s3', '3.4.1-7.s4', '3.4.1-7.s2'],
    "Makes the HMAC of ADD_ADDR with the peer's key first.",
    ({ signals }) => ({
      signals: {
        outgoing: (subflow, options, parts) => {
          const { localKey, remoteKey = 0n } = subflow.connection;
          return signals
            .outgoing(subflow, options, parts)
            .map((one) =>
              one.kind === 'add_addr' && !one.echo
                ? { ...one, hmac: addAddrHmac(remoteKey, localKey, one.addressId, one.address, one.port ?? 0) }
                : one,
            );
        },
      },
    }),
  ),
  fault(
    'add-addr-hmac-with-port',
    '3.4.1-7.s6',
    "Makes the HMAC over the connection's port where ADD_ADDR has none.",
    () => ({ announcing: { hmacPort: (port) => port ?? 4000 } }),
  ),
  fault('add-addr-hmac-without-port', '3.4.1-7.s5', 'Leaves the port out of the HMAC.', () => ({
    announcing: { hmacPort: () => 0 },
  })),
  fault('add-addr-hmac-unchecked', ['3.4.1-7.s9', '5-9.s1'], 'Does not check the HMAC of ADD_ADDR.', () => ({
    announcing: { hmacAcceptable: () => true },
  })),
  fault('add-addr-hmac-unchecked-ipv6', '3.4.1-7.s9', 'Does not check the HMAC of an IPv6 address.', () => ({
    announcing: { hmacAcceptable: (valid, { address }) => valid || address.includes(':') },
  })),
  fault(
    'add-addr-hmac-unchecked-again',
    '3.4.1-7.s9',
    'Checks only the HMAC of the first ADD_ADDR of a connection.',
    () => ({
      announcing: {
        hmacAcceptable: onlyFirst(
          (valid: boolean) => valid,
          () => true,
        ),
      },
    }),
  ),
  fault('add-addr-hmac-missing', '5-9.s1', 'Accepts ADD_ADDR without an HMAC.', () => ({
    announcing: { hmacAcceptable: (valid, { hmac }) => valid || hmac === undefined },
  })),
  fault('bad-add-addr-resets', '3.4.1-7.s9', 'Resets the subflow when the HMAC of ADD_ADDR is wrong.', () => ({
    announcing: {
      hmacAcceptable: (valid, _, subflow) => {
        if (!valid) reset(subflow, 1);
        return valid;
      },
    },
  })),
  fault(
    'echo-with-hmac',
    ['3.4.1-9.s3.2', '3.4.1-2.1.s1.2'],
    'Echoes ADD_ADDR with an HMAC.',
    echoes(() => ({ hmac: new Uint8Array(8) })),
  ),
  fault(
    'echo-without-e',
    ['3.4.1-9.s3.2', '3.4.1-2.1.s1.1'],
    'Echoes ADD_ADDR with E=0.',
    echoes(() => ({ echo: false })),
  ),
  fault(
    'echo-with-id-0',
    '3.4.1-9.s3.2',
    'Echoes ADD_ADDR with Address ID 0.',
    echoes(() => ({ addressId: 0 })),
  ),
  fault('echo-without-port', '3.4.1-9.s3.2', 'Leaves the port out of echoes.', () => ({
    announcing: {
      echo: (right) => {
        const { port: _port, ...rest } = right;
        return rest;
      },
    },
  })),
  fault(
    'echo-once-only',
    ['3.4.1-9.s3.1', '3.4.1-12.s2', '3.4.1-11.s2'],
    'Echoes only the first ADD_ADDR of a connection.',
    () => ({
      announcing: {
        echoes: onlyFirst(
          () => true,
          () => false,
        ),
      },
    }),
  ),
  fault('echoes-echoes', '3.4.1-9.s3.3', 'Treats an echo as an announcement.', (standard) => ({
    ...reads('add_addr', (option) => (option.echo ? { ...option, echo: false } : option))(standard),
    announcing: { hmacAcceptable: (valid, { hmac }) => valid || hmac === undefined },
  })),
  fault(
    'joins-port-of-listener',
    '3.4.1-6.s3',
    'Connects to an announced address without a port at port 4000.',
    () => ({ announcing: { portToConnect: (port) => port ?? 4000 } }),
  ),
  fault(
    'announced-port-unread',
    '3.4.1-6.s1',
    'Connects to the port of the subflow whatever port was announced.',
    () => ({ announcing: { portToConnect: (_, { remote }) => remote.port } }),
  ),
  fault('joins-what-joined', '3.4-4.3.s1', 'Connects to an address from which the peer has joined.', () => ({
    announcing: { correlatesJoins: () => false },
  })),
  fault('failed-target-again', '3.9.3-3.s4', 'Tries a target again that a join has failed with.', () => ({
    heuristics: { remembersFailure: tryAgain },
  })),
  fault(
    'joins-to-other-port',
    ['3.9.1-1.s2', '3.4-4.1.s4'],
    'Sends joins to the port after that of the first subflow.',
    () => ({ heuristics: { targetOfEndpoint: (first) => ({ ...first, port: first.port + 1 }) } }),
  ),
  fault('port-not-reserved', '3.9.1-1.s3.2', 'Reserves the port of a connection on one address only.', () => ({
    heuristics: { reservesPort: () => false },
  })),
  fault('joins-from-any-port', '3.9.1-1.s1', 'Sends joins from other ports than the first subflow has.', () => ({
    heuristics: { localPort: () => 0 },
  })),
];
