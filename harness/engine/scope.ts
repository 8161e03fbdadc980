/** Resolves names in a scenario's lines: `$tester.key`, `$link1.sut`, `$a.seq`, and names that lines have bound. */
import type { Scenario } from '../scenario/suite.ts';
import type { Value } from '../notation/expression.ts';
import { familyOn } from '../topology/link-family.ts';
import type { Connection, Subflow } from './endpoint.ts';
import type { Scope } from '../notation/evaluate.ts';
import type { Subflows } from './subflows.ts';

type Fields = Readonly<Record<string, Value | undefined>>;

/** The scope of one scenario; names that lines have bound come first. */
export function scenarioScope(names: ReadonlyMap<string, Value>, subflows: Subflows, scenario: Scenario): Scope {
  return {
    lookup(name) {
      const bound = names.get(name);
      if (bound !== undefined) return bound;
      const [owner = '', field = ''] = name.split('.');
      return fieldsOf(owner, subflows, scenario)?.[field];
    },
  };
}

function fieldsOf(owner: string, subflows: Subflows, scenario: Scenario): Fields | undefined {
  if (owner === 'tester') return testerFields(subflows.connection);
  if (owner === 'sut') return sutFields(subflows.connection);
  const link = /^link(\d)$/.exec(owner);
  if (link !== null) return linkFields(Number(link[1]), subflows, scenario);
  const subflow = subflows.byName.get(owner);
  return subflow === undefined ? undefined : subflowFields(subflow);
}

function testerFields({ localKey, localToken, localIdsn, checksum }: Connection): Fields {
  return { key: localKey, token: BigInt(localToken), idsn: localIdsn, checksum: BigInt(checksum) };
}

function sutFields({ remoteKey, remoteToken, remoteIdsn }: Connection): Fields {
  return { key: remoteKey, token: asValue(remoteToken), idsn: remoteIdsn };
}

function linkFields(number: number, subflows: Subflows, scenario: Scenario): Fields {
  const link = subflows.link(number);
  const family = familyOn(link, scenario.family);
  return { sut: link.sut[family], tester: link.tester[family], dev: link.sutDevice };
}

function subflowFields(subflow: Subflow): Fields {
  return {
    nonce: BigInt(subflow.nonce),
    sut_nonce: asValue(subflow.remoteNonce),
    seq: BigInt(subflow.sendNext),
    ack: BigInt(subflow.receiveNext),
    window: BigInt(subflow.window),
    isn: BigInt(subflow.isn),
    sut_isn: asValue(subflow.remoteIsn),
    port: BigInt(subflow.local.port),
    sut_port: BigInt(subflow.remote.port),
    address: subflow.local.address,
    sut_address: subflow.remote.address,
  };
}

function asValue(number: number | undefined): bigint | undefined {
  return number === undefined ? undefined : BigInt(number);
}
