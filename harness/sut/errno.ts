/** Errors that an agent answers with, by name, for agents that are not programs of their own. Pure. */
import { AgentRefused } from './types.ts';

/** Numbers of Linux's errors on x86, as the agent protocol has them on any stack. */
const NUMBERS: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EBADF: 9,
  EAGAIN: 11,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EPIPE: 32,
  ENOSYS: 38,
  EOVERFLOW: 75,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ECANCELED: 125,
};

/** Number of an error by its name; 0 for a name that is not listed here. */
function errnoOf(name: string): number {
  return NUMBERS[name] ?? 0;
}

/** A refusal by the name of its error. */
export function refused(command: string, code: string, detail = ''): AgentRefused {
  return new AgentRefused(command, errnoOf(code), code, detail);
}
