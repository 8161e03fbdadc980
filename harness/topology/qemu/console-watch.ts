/** Reads a kernel's console for signs that the kernel itself is in trouble. Pure. */
import type { TroubleKind } from '../../verdict/trouble.ts';
import type { KernelTrouble, TroubleSign } from '../kernel-trouble.ts';

/** In this order: the first that fits names the trouble. */
const SIGNS: readonly (readonly [TroubleKind, RegExp])[] = [
  ['panic', /^Kernel panic - not syncing/],
  ['kasan', /^BUG: K(?:A|C|M)SAN:|^UBSAN:|^BUG: KFENCE:/],
  ['lockup', /^watchdog: BUG: soft lockup|hard LOCKUP|INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stall/],
  ['hung-task', /^INFO: task .* blocked for more than/],
  [
    'lockdep',
    /^WARNING: (?:possible |inconsistent lock|bad unlock balance|suspicious RCU usage|held lock freed|nested lock)/,
  ],
  [
    'oops',
    /^(?:BUG: unable to handle|BUG: kernel NULL pointer|Oops: |general protection fault|Unable to handle kernel|int3: |divide error: )/,
  ],
  ['bug', /^kernel BUG at |^BUG: |^unregister_netdevice: waiting for|^list_(?:add|del) corruption/],
  ['warning', /^WARNING: /],
];

const STAMP = /^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[CT]\d+\])? ?/;

/** The trouble that a console line shows; undefined for all other lines. */
export function troubleSign(line: string): TroubleSign | undefined {
  const text = line.trimEnd().replace(STAMP, '');
  const kind = SIGNS.find(([, pattern]) => pattern.test(text))?.[0];
  if (kind === undefined) return undefined;
  const title = text
    .replaceAll(/\b(?:0x)?[0-9a-f]{8,16}\b/g, '*')
    .replaceAll(/\b(CPU|PID): \d+/g, '$1: *')
    .replaceAll(/\bpid \d+|:\d+ blocked|stuck for \d+s|:\d+\]/g, (match) => match.replace(/\d+/, '*'));
  return { kind, title };
}

/** Lines before the first sign that are kept with it. */
const BEFORE = 30;
/** Trouble whose first line does not say where. */
const HANGS: ReadonlySet<TroubleKind> = new Set(['lost', 'lockup', 'hung-task']);
/** Functions of a stack that a title names. */
const NAMED_FRAMES = 5;
/** Most lines of one trouble. */
const MOST = 2000;

/**
 * Follows a console. A trouble grows while the console goes on: the sign comes first and its explanation after. Signs
 * that come while one is open (an oops that ends in a panic) belong to it.
 */
export class ConsoleWatch {
  readonly troubles: KernelTrouble[] = [];
  readonly #recent: string[] = [];
  #rest = '';
  #open: KernelTrouble | undefined;
  /** Functions of the stack that is being printed, innermost first. */
  #stack: string[] | undefined;
  /** The title of the open trouble says where the guest hangs. */
  #isLocated = false;

  /** Everything that the console said last, for errors. */
  get tail(): readonly string[] {
    return this.#recent;
  }

  /** Processes a line; returns the trouble that begins with it, if any. */
  take(chunk: string): KernelTrouble | undefined {
    const lines = (this.#rest + chunk).split(/\r*\n/);
    this.#rest = lines.pop() ?? '';
    let begun: KernelTrouble | undefined;
    for (const line of lines) begun = this.#line(line) ?? begun;
    return begun;
  }

  /** The guest has gone without a word, or does not answer any more; what it still says belongs to that. */
  lost(title: string): KernelTrouble {
    const trouble: KernelTrouble = { kind: 'lost', title, console: [...this.#recent] };
    this.#begin(trouble);
    return trouble;
  }

  /** Lines from now on belong to another trouble. */
  settle(): void {
    this.#open = undefined;
  }

  #line(line: string): KernelTrouble | undefined {
    this.#recent.push(line);
    if (this.#recent.length > BEFORE) this.#recent.shift();
    if (this.#open !== undefined) {
      if (this.#open.console.length < MOST) this.#open.console.push(line);
      if (HANGS.has(this.#open.kind)) this.#locate(this.#open, line.trimEnd().replace(STAMP, ''));
      return undefined;
    }
    const sign = troubleSign(line);
    if (sign === undefined) return undefined;
    const trouble: KernelTrouble = { ...sign, console: [...this.#recent] };
    this.#begin(trouble);
    return trouble;
  }

  #begin(trouble: KernelTrouble): void {
    this.troubles.push(trouble);
    this.#open = trouble;
    this.#isLocated = false;
    this.#stack = undefined;
  }

  /** A guest that hangs says where once it is asked: the title of its trouble gets the first stack of a task. */
  #locate(trouble: KernelTrouble, text: string): void {
    if (this.#isLocated) return;
    if (text.includes('<TASK>') && !text.includes('</TASK>')) this.#stack = [];
    else if (text.includes('</TASK>') && (this.#stack?.length ?? 0) > 0) {
      trouble.title += ` in ${this.#stack?.slice(0, NAMED_FRAMES).join(' < ') ?? ''}`;
      this.#isLocated = true;
    } else {
      const [, name] = /^ ?(?:RIP: \w+:)?(\w+)\+0x[\da-f]+\/0x/.exec(text) ?? [];
      if (name !== undefined && !name.startsWith('asm_')) this.#stack?.push(name);
    }
  }
}
