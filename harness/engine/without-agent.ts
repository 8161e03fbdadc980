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

/** Actions of a relay's backend, with the arguments that it can honour. */
const RELAYED = {
  listen: ['backlog'],
  accept: ['as', 'timeout'],
  send: ['fd', 'bytes', 'hex', 'fill', 'offset', 'timeout'],
  recv: ['fd', 'bytes', 'eof', 'offset', 'show', 'timeout'],
  shutdown: ['fd', 'how'],
  close: ['fd'],
  poll: ['fd', 'wait', 'timeout'],
};

/** Actions of a proxy's client. */
const CLIENTS = {
  connect: ['fd', 'addr', 'port'],
  connected: ['fd', 'timeout'],
  send: RELAYED.send,
  recv: RELAYED.recv,
  shutdown: RELAYED.shutdown,
  close: RELAYED.close,
  poll: RELAYED.poll,
};

/** Actions of each application. */
const ACTIONS: Readonly<Record<Application, Readonly<Record<string, readonly string[]>>>> = {
  backend: RELAYED,
  'closing-backend': RELAYED,
  client: CLIENTS,
  'closing-client': CLIENTS,
  discard: { listen: ['backlog'], accept: ['as', 'timeout'], recv: ['fd', 'bytes', 'timeout'] },
  echo: { listen: ['backlog'], accept: ['as', 'timeout'] },
  http: { listen: ['backlog'], accept: ['as', 'timeout'] },
};

const NAMES: Readonly<Record<Application, string>> = {
  backend: 'a relay',
  'closing-backend': 'a relay that does not half-close',
  client: 'a proxy',
  'closing-client': 'a proxy that does not half-close',
  discard: 'a discard service',
  echo: 'an echo service',
  http: 'an HTTP service',
};

/** Why a scenario cannot be judged with this application; undefined when it can. */
export function unfitFor(application: Application, scenario: Scenario): string | undefined {
  const steps = allSteps([...scenario.preamble, ...scenario.body]);
  const first = steps.find(({ kind }) => kind === 'sut' || kind === 'send');
  const begins = isClient(application) ? 'connect' : 'listen';
  if (first?.kind !== 'sut' || first.line.command !== begins) {
    const does = isClient(application) ? 'connects when its client asks for it' : 'listens from the start';
    return `${NAMES[application]} ${does}, the scenario ${first?.kind === 'sut' ? `begins with "${first.text}"` : 'does not'}`;
  }
  const course = new Course(application);
  for (const step of steps) {
    if (step.kind === 'sut') {
      const problem = problemOf(application, step) ?? (step === first ? undefined : course.acts(step.line));
      if (problem !== undefined) return `${NAMES[application]} ${problem}: "${step.text}"`;
    } else if (step.kind === 'send') {
      const problem = course.hears(step.line.text);
      if (problem !== undefined) return `${NAMES[application]} ${problem}: "${step.text}"`;
    }
  }
  return undefined;
}

/** How far the scenario has come: what a relay does by itself depends on it. */
class Course {
  readonly #application: Application;
  #closed = false;
  #unread = false;

  constructor(application: Application) {
    this.#application = application;
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
    if (this.#application !== 'backend' && this.#application !== 'client' && !this.#closed && ends(line))
      return 'closes when its peer closes';
    if (!carriesData(line)) return undefined;
    this.#unread = true;
    if (this.#closed) return 'reads on after its application has closed';
    return this.#application === 'echo' || this.#application === 'http' ? 'answers data with data' : undefined;
  }
}

function isClient(application: Application): boolean {
  return application === 'client' || application === 'closing-client';
}

function problemOf(application: Application, { line, clauses }: SutStep): string | undefined {
  const allowed = ACTIONS[application][line.command];
  if (allowed === undefined) return `cannot ${line.command}`;
  const arg = line.args.find(({ name }) => !allowed.includes(name));
  if (arg !== undefined && !(arg.name === 'proto' && isWord(line, 'proto', 'mptcp')))
    return `cannot honour ${arg.name}=`;
  if (line.command === 'shutdown' && !isWord(line, 'how', 'wr')) return 'half-closes its sending direction only';
  if (ACTIONS[application] === RELAYED || isClient(application)) return unseen(line);
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
