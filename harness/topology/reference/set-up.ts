/** Commands on the host, for the agent in memory: devices, addresses, routes, the path manager, sysctls, counters. */
import type { Endpoint, EndpointFlags, Field, HostCall } from '../../reference/index.ts';
import type { AgentAnswer } from '../../sut/types.ts';
import { refused } from '../../sut/errno.ts';
import { answer, type Request } from './request.ts';
import type { Done, Handler } from './sockets.ts';

const FLAGS = ['signal', 'subflow', 'backup', 'fullmesh', 'implicit', 'laminar'] as const;

/** A device as the agent reports it. */
export interface Device {
  name: string;
  mtu: number;
  up: boolean;
}

/** Makes a call on the host. */
export type HostCaller = (call: HostCall) => Promise<Done>;

/** The host's set-up, as one agent changes it. */
export class SetUp {
  readonly #call: HostCaller;
  readonly #devices: ReadonlyMap<string, Device>;

  constructor(call: HostCaller, devices: ReadonlyMap<string, Device>) {
    this.#call = call;
    this.#devices = devices;
  }

  /** Keys and handler of every command on the host. */
  readonly commands = {
    'link-up': [['dev', 'up', 'mtu'], (request) => this.#linkUp(request)],
    'link-get': [['dev'], (request) => Promise.resolve(linkAnswer(this.#device(request), this.#index(request)))],
    'link-wait': [
      ['dev', 'running', 'timeout'],
      (request) => Promise.resolve(linkAnswer(this.#device(request), this.#index(request))),
    ],
    'addr-add': [['dev', 'addr', 'noprefixroute'], (request) => this.#address(request, 'address-add')],
    'addr-del': [['dev', 'addr'], (request) => this.#address(request, 'address-del')],
    'route-add': [['dst', 'dev', 'src', 'family', 'replace'], (request) => this.#routeAdd(request)],
    'route-del': [['dst', 'dev', 'src', 'family'], (request) => this.#routeDel(request)],
    'endpoint-add': [['addr', 'port', 'id', 'dev', 'flags'], (request) => this.#endpointAdd(request)],
    'endpoint-del': [['id', 'addr'], (request) => this.#endpointDel(request)],
    'endpoint-set': [['flags', 'id', 'addr', 'port'], (request) => this.#endpointSet(request)],
    'endpoint-flush': [[], (request) => this.#done(request, { op: 'endpoint-flush' })],
    'endpoint-list': [[], (request) => this.#endpointList(request)],
    'limits-set': [['subflows', 'add-addr-accepted'], (request) => this.#limitsSet(request)],
    'limits-get': [[], (request) => this.#limitsGet(request)],
    'sysctl-set': [['name', 'value'], (request) => this.#sysctlSet(request)],
    'sysctl-get': [['name'], (request) => this.#sysctlGet(request)],
    counters: [['prefix'], (request) => this.#counters(request)],
  } satisfies Record<string, readonly [readonly string[], Handler]>;

  async #ask(request: Request, call: HostCall): Promise<Done['fields']> {
    const { errno, fields } = await this.#call(call);
    if (errno !== undefined) throw refused(request.command, errno);
    return fields;
  }

  async #done(request: Request, call: HostCall): Promise<AgentAnswer> {
    await this.#ask(request, call);
    return {};
  }

  #device(request: Request): Device {
    const device = this.#devices.get(request.need('dev'));
    if (device === undefined) throw refused(request.command, 'ENODEV', `dev=${request.need('dev')}`);
    return device;
  }

  #index(request: Request): number {
    return [...this.#devices.keys()].indexOf(request.need('dev')) + 1;
  }

  async #linkUp(request: Request): Promise<AgentAnswer> {
    const device = this.#device(request);
    const up = request.flag('up') ?? true;
    const mtu = request.number('mtu', 68, 65_535) ?? device.mtu;
    await this.#ask(request, { op: 'link', device: device.name, up, mtu });
    Object.assign(device, { up, mtu });
    return {};
  }

  #address(request: Request, op: 'address-add' | 'address-del'): Promise<AgentAnswer> {
    return this.#done(request, { op, device: this.#device(request).name, address: request.need('addr') });
  }

  #routeAdd(request: Request): Promise<AgentAnswer> {
    const source = request.text('src');
    const route = { destination: request.need('dst'), device: this.#device(request).name };
    return this.#done(request, { op: 'route-add', ...route, ...(source === undefined ? {} : { source }) });
  }

  #routeDel(request: Request): Promise<AgentAnswer> {
    return this.#done(request, {
      op: 'route-del',
      destination: request.need('dst'),
      device: this.#device(request).name,
    });
  }

  async #endpointAdd(request: Request): Promise<AgentAnswer> {
    const [port, id, device] = [request.number('port', 0, 65_535), request.number('id', 0, 255), request.text('dev')];
    await this.#ask(request, {
      op: 'endpoint-add',
      address: request.need('addr'),
      flags: endpointFlags(request),
      ...(port === undefined || port === 0 ? {} : { port }),
      ...(id === undefined || id === 0 ? {} : { id }),
      ...(device === undefined ? {} : { device }),
    });
    return {};
  }

  #endpointDel(request: Request): Promise<AgentAnswer> {
    const address = request.text('addr');
    const id = request.needNumber('id', 0, 255);
    return this.#done(request, { op: 'endpoint-del', id, ...(address === undefined ? {} : { address }) });
  }

  #endpointSet(request: Request): Promise<AgentAnswer> {
    const [id, address] = [request.number('id', 0, 255), request.text('addr')];
    const flags = request.list('flags', FLAGS);
    return this.#done(request, {
      op: 'endpoint-set',
      flags: { backup: flags.has('backup'), fullmesh: flags.has('fullmesh') },
      ...(id === undefined ? {} : { id }),
      ...(address === undefined ? {} : { address }),
    });
  }

  async #endpointList(request: Request): Promise<AgentAnswer> {
    const list = (await this.#ask(request, { op: 'endpoint-list' }))['endpoints'] as readonly Endpoint[];
    const each = list.flatMap(({ id, address, flags, port, device }) => [
      [`${id}.addr`, address],
      [`${id}.flags`, FLAGS.filter((name) => flags[name as keyof EndpointFlags] === true).join(',')],
      [`${id}.port`, port],
      [`${id}.dev`, device],
    ]);
    return answer({ ids: list.map(({ id }) => id).join(','), ...(Object.fromEntries(each) as AgentAnswer) });
  }

  #limitsSet(request: Request): Promise<AgentAnswer> {
    const [subflows, accepted] = [request.number('subflows', 0, 8), request.number('add-addr-accepted', 0, 8)];
    return this.#done(request, {
      op: 'limits-set',
      ...(subflows === undefined ? {} : { subflows }),
      ...(accepted === undefined ? {} : { addAddrAccepted: accepted }),
    });
  }

  async #limitsGet(request: Request): Promise<AgentAnswer> {
    const fields = await this.#ask(request, { op: 'limits-get' });
    return answer({ subflows: number(fields['subflows']), 'add-addr-accepted': number(fields['addAddrAccepted']) });
  }

  #sysctlSet(request: Request): Promise<AgentAnswer> {
    return this.#done(request, { op: 'sysctl-set', name: sysctl(request), value: request.need('value') });
  }

  async #sysctlGet(request: Request): Promise<AgentAnswer> {
    const { value } = await this.#ask(request, { op: 'sysctl-get', name: sysctl(request) });
    return answer({ value: typeof value === 'object' ? undefined : value });
  }

  async #counters(request: Request): Promise<AgentAnswer> {
    const prefix = request.text('prefix') ?? '';
    const fields = await this.#ask(request, { op: 'counters' });
    return answer(Object.fromEntries(Object.entries(flat(fields)).filter(([name]) => name.startsWith(prefix))));
  }
}

/** Counters come as fields, or as one field that holds them all. */
function flat(fields: Done['fields']): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') found[name] = value;
    else if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array))
      Object.assign(found, value);
  }
  return found;
}

function linkAnswer({ name, mtu, up }: Device, index: number): AgentAnswer {
  return answer({ dev: name, index, up, running: up, mtu, lladdr: '02:00:00:00:00:01' });
}

function endpointFlags(request: Request): EndpointFlags {
  const flags = request.list('flags', FLAGS);
  return {
    signal: flags.has('signal'),
    subflow: flags.has('subflow'),
    backup: flags.has('backup'),
    fullmesh: flags.has('fullmesh'),
  };
}

function number(field: Field | undefined): number | undefined {
  return typeof field === 'number' ? field : undefined;
}

/** A sysctl by its name with dots; slashes are the other form. */
function sysctl(request: Request): string {
  const name = request.need('name');
  return name.includes('/') ? name.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/') : name;
}
