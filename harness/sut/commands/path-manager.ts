/** Commands of the agent's protocol: endpoints and limits of the path manager. */
import { COUNT, listOf, needed, number, PORT, text, UINT32, type CommandRow } from './kinds.ts';

const FLAGS = listOf('signal', 'subflow', 'backup', 'fullmesh', 'implicit', 'laminar');
const ID = number(0, 255);

/** The commands, by name. */
export const PATH_MANAGER_COMMANDS = {
  'endpoint-add': {
    group: 'path-manager',
    args: { addr: needed(text), port: PORT, id: ID, dev: text, flags: FLAGS },
    answers: {},
    feature: 'endpoints',
    suites: {},
    does: '`flags=` is a comma-separated list of `signal`, `subflow`, `backup`, `fullmesh`, `implicit`, `laminar`.',
  },
  'endpoint-del': {
    group: 'path-manager',
    args: { id: needed(ID), addr: text },
    answers: {},
    feature: 'endpoints',
    suites: {},
    does: 'Id 0 needs `addr=`.',
  },
  'endpoint-set': {
    group: 'path-manager',
    args: { flags: needed(FLAGS), id: ID, addr: text, port: PORT },
    answers: {},
    feature: 'endpoints',
    suites: {},
    does: 'Sets each flag that can be changed (`backup`, `fullmesh`) if the list contains it, and clears it otherwise. Selects by `id=` or `addr=`.',
  },
  'endpoint-flush': {
    group: 'path-manager',
    args: {},
    answers: {},
    feature: 'endpoints',
    suites: {},
    does: 'Removes all.',
  },
  'endpoint-list': {
    group: 'path-manager',
    args: {},
    answers: 'open',
    feature: 'endpoints',
    does: 'Answers a comma-separated list `ids=`, and for each id: `1.addr= 1.flags= 1.port= 1.dev=`, the last two only if set.',
  },
  'limits-set': {
    group: 'path-manager',
    args: { subflows: UINT32, 'add-addr-accepted': UINT32 },
    answers: {},
    feature: 'endpoints',
    suites: {},
    does: 'Omitted limits stay.',
  },
  'limits-get': {
    group: 'path-manager',
    args: {},
    answers: { subflows: COUNT, 'add-addr-accepted': COUNT },
    feature: 'endpoints',
    does: '`subflows= add-addr-accepted=`',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
