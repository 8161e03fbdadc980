/**
 * Which scenarios can be judged on a stack without an agent, and why others cannot. Pure.
 *
 * A relay is transparent for what its application reads, sends and closes, not for when it does so, nor for its
 * sockets. A scenario is left out if a lawful stack in such a host could fail it for the relay's conduct.
 */
import type { Matcher } from '../notation/expression.ts';
import type { SutLine } from '../scenario/sut-line.ts';
import type { SutStep } from '../scenario/action-steps.ts';
import { allSteps, type Scenario } from '../scenario/suite.ts';
import type { Application } from '../topology/contract.ts';

/** Actions on a connection that is passed on, with the arguments that can be honoured. */
const CARRIED = {
  send: ['fd', 'bytes', 'hex', 'fill', 'offset', 'timeout'],
  recv: ['fd', 'bytes', 'eof', 'offset', 'show', 'timeout'],
  shutdown: ['fd', 'how'],
  close: ['fd'],
  poll: ['fd', 'wait', 'timeout'],
};

/** Actions of a relay's backend. */
const RELAYED = { listen: ['backlog'], accept: ['as', 'timeout'], ...CARRIED };

/** Actions of a proxy's client. */
const CLIENTS = { connect: ['fd', 'addr', 'port'], connected: ['fd', 'timeout'], ...CARRIED };

/** Conduct of an application. */
interface Conduct {
  name: string;
  /** Its actions, with the arguments that it can honour. */
  actions: Readonly<Record<string, readonly string[]>>;
  /** The first action of its scenarios. */
  begins: 'listen' | 'connect';
  /** It tells what its sockets read and wrote. */
  tells: boolean;
  /** It closes both directions when its peer closes one. */
  closesWithPeer: boolean;
  /** It answers data with data of its own. */
  answersData: boolean;
}

const RELAY: Conduct = {
  name: 'a relay',
  actions: RELAYED,
  begins: 'listen',
  tells: true,
  closesWithPeer: false,
  answersData: false,
};
const PROXY: Conduct = { ...RELAY, name: 'a proxy', actions: CLIENTS, begins: 'connect' };
const ECHO: Conduct = {
  name: 'an echo service',
  actions: { listen: ['backlog'], accept: ['as', 'timeout'] },
  begins: 'listen',
  tells: false,
  closesWithPeer: true,
  answersData: true,
};

const CONDUCT: Readonly<Record<Application, Conduct>> = {
  backend: RELAY,
  'closing-backend': { ...RELAY, name: 'a relay that does not half-close', closesWithPeer: true },
  client: PROXY,
  'closing-client': { ...PROXY, name: 'a proxy that does not half-close', closesWithPeer: true },
  discard: {
    ...ECHO,
    name: 'a discard service',
    actions: { ...ECHO.actions, recv: ['fd', 'bytes', 'timeout'] },
    answersData: false,
  },
  echo: ECHO,
  http: { ...ECHO, name: 'an HTTP service' },
};

/** Words for how an application comes to its connections. */
const BEGINNINGS: Readonly<Record<Conduct['begins'], string>> = {
  listen: 'listens from the start',
  connect: 'connects when its client asks for it',
};

/** Why a scenario cannot be judged with this application; undefined when it can. */
export function unfitFor(application: Application, scenario: Scenario): string | undefined {
  const steps = allSteps([...scenario.preamble, ...scenario.body]);
  const first = steps.find(({ kind }) => kind === 'sut' || kind === 'send');
  const conduct = CONDUCT[application];
  const { name, begins } = conduct;
  if (first?.kind !== 'sut' || first.line.command !== begins)
    return `${name} ${BEGINNINGS[begins]}, the scenario ${first?.kind === 'sut' ? `begins with "${first.text}"` : 'does not'}`;
  const course = new Course(conduct);
  for (const step of steps) {
    if (step.kind === 'sut') {
      const problem = problemOf(conduct, step) ?? (step === first ? undefined : course.acts(step.line));
      if (problem !== undefined) return `${name} ${problem}: "${step.text}"`;
    } else if (step.kind === 'send') {
      const problem = course.hears(step.line.text);
      if (problem !== undefined) return `${name} ${problem}: "${step.text}"`;
    }
  }
  return undefined;
}

/** How far the scenario has come: what a relay does by itself depends on it. */
class Course {
  readonly #conduct: Conduct;
  #closed = false;
  #unread = false;

  constructor(conduct: Conduct) {
    this.#conduct = conduct;
  }

  acts({ command, args }: SutLine): string | undefined {
    if (command === 'listen') return 'listens once';
    if (command === 'recv') this.#unread = false;
    if (command !== 'close') return undefined;
    this.#closed = true;
    if (args.some(({ name, matcher }) => name === 'fd' && isWordMatcher(matcher, 'lsn')))
      return 'does not stop listening';
    return this.#unread ? 'reads at once what its application has not read' : undefined;
  }

  /** The tester sends a packet. */
  hears(line: string): string | undefined {
    if (this.#conduct.closesWithPeer && !this.#closed && ends(line)) return 'closes when its peer closes';
    if (!carriesData(line)) return undefined;
    this.#unread = true;
    if (this.#closed) return 'reads on after its application has closed';
    return this.#conduct.answersData ? 'answers data with data' : undefined;
  }
}

function problemOf({ actions, tells }: Conduct, { line, clauses }: SutStep): string | undefined {
  const allowed = actions[line.command];
  if (allowed === undefined) return `cannot ${line.command}`;
  const arg = line.args.find(({ name }) => !allowed.includes(name));
  if (arg !== undefined && !(arg.name === 'proto' && isWord(line, 'proto', 'mptcp')))
    return `cannot honour ${arg.name}=`;
  if (line.command === 'shutdown' && !isWord(line, 'how', 'wr')) return 'half-closes its sending direction only';
  if (tells) return unseen(line);
  return line.returns.length > 0 || clauses.length > 0 ? 'does not tell what its sockets return' : undefined;
}

/** The expected answers that only describe the backend's own connection, not the one that is judged; undefined without any. */
function unseen(line: SutLine): string | undefined {
  const told: Readonly<Record<string, readonly string[]>> = {
    accept: [],
    connected: [],
    send: ['sent'],
    recv: ['bytes', 'eof', 'pattern', 'digest', 'hex'],
    poll: ['readable', 'rdhup'],
  };
  const wrong = line.returns.find(({ name, matcher }) =>
    name === 'error'
      ? !(matcher.type === 'absent' || (line.command !== 'send' && isWord(line, 'error', 'ETIMEDOUT')))
      : !(told[line.command] ?? []).includes(name),
  );
  if (wrong !== undefined) return `does not pass on ${wrong.name} of the socket`;
  const wait = line.args.find(({ name }) => name === 'wait');
  if (wait !== undefined && !['readable', 'rdhup'].some((word) => isWord(line, 'wait', word)))
    return 'does not pass on the events of the socket';
  return undefined;
}

function isWord(line: SutLine, name: string, word: string): boolean {
  const matcher = [...line.args, ...line.returns].find((one) => one.name === name)?.matcher;
  return matcher !== undefined && isWordMatcher(matcher, word);
}

function isWordMatcher(matcher: Matcher, word: string): boolean {
  return matcher.type === 'equal' && matcher.expr.type === 'word' && matcher.expr.value === word;
}

/** Ends the tester's direction: a FIN, or a DATA_FIN. */
function ends(text: string): boolean {
  return /\bFIN\b|\bdss\b[^,>]* F=1/.test(text);
}

function carriesData(text: string): boolean {
  return /\blen=(?!0\b)/.test(text.replace(/<[^>]*>/g, ''));
}
