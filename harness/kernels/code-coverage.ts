/**
 * Code coverage of a kernel from the addresses that QEMU's TCG translated. Pure. Translation tells whether an instruction
 * was reached, not how often. Addresses are 16 hexadecimal digits.
 */

/**
 * A machine instruction of the kernel and a place in the source that it comes from. Code of an inlined function comes from
 * that function and from each place that it is inlined at: one entry for each.
 */
export interface Instruction {
  address: string;
  /** Path from the top of the kernel's tree: `net/mptcp/options.c`. */
  file: string;
  /** Counted from 1. */
  line: number;
  /** Function of the source, which may be inlined in another. */
  function: string;
}

/** Coverage of one file. */
export interface FileCoverage {
  file: string;
  /** Lines that have code, with whether any of it was reached. */
  lines: Map<number, boolean>;
  /** Functions by name: first line that has code, and whether any of it was reached. */
  functions: Map<string, { line: number; reached: boolean }>;
}

/** A range of code: first address, and the first one after it. */
export interface CodeRange {
  start: bigint;
  end: bigint;
}

/** Symbols of one part of the kernel are this near to each other, bytes. */
const NEAR = 0x10000n;

/** Functions of MPTCP with other names may begin or end its code; they are within so many bytes. */
const MARGIN = 0x1000n;

/**
 * A range that holds MPTCP's code, from the output of `nm -n`: the largest group of neighbouring text symbols that MPTCP's
 * names begin with, to the symbol after it, and a margin. Code of other parts of the kernel is in it, too; code that is
 * discarded after the start (`.init.text`) is not. Undefined if there is none.
 */
export function mptcpRange(nm: string): CodeRange | undefined {
  const text = nm.split('\n').flatMap((line) => {
    const [, address, name] = /^([\da-f]{16}) [tT] (\S+)$/.exec(line) ?? [];
    return address === undefined || name === undefined ? [] : [{ at: BigInt(`0x${address}`), name }];
  });
  const ours = text.filter(({ name }) => /^_*(?:mptcp|subflow)_/.test(name));
  const groups: bigint[][] = [];
  for (const { at } of ours) {
    const group = groups.at(-1);
    if (group !== undefined && at - (group.at(-1) ?? at) < NEAR) group.push(at);
    else groups.push([at]);
  }
  const largest = groups.sort((a, b) => b.length - a.length)[0];
  const [start, last] = [largest?.[0], largest?.at(-1)];
  if (start === undefined || last === undefined) return undefined;
  const end = text.find(({ at }) => at > last)?.at ?? last;
  return { start: start - MARGIN, end: end + MARGIN };
}

/** Addresses of the instructions that `objdump -d --no-show-raw-insn` lists. */
export function listedAddresses(disassembly: string): string[] {
  return [...disassembly.matchAll(/^ *([\da-f]+):\t/gm)].map(([, address = '']) => address.padStart(16, '0'));
}

/**
 * Release and build of the first banner (`linux_banner`) in a part of a `vmlinux` that is there to its end. A kernel also has
 * a banner without a build, from before its build's number was known.
 */
export function buildIn(text: string): { release: string; build: string } | undefined {
  const [, release, build] = /Linux version (\d\S*) [^\0\n]*?(#\d+ [^\0\n]*)[\0\n]/.exec(text) ?? [];
  return release === undefined || build === undefined ? undefined : { release, build };
}

/** The address of a line that QEMU's `-d in_asm` logs for an instruction; undefined for its other lines. */
export function loggedAddress(line: string): string | undefined {
  return /^0x([\da-f]+): /.exec(line)?.[1]?.padStart(16, '0');
}

/** Suffixes of the compiler's copies of a function: `mptcp_get.isra.0`, `mptcp_poll.part.0`, `mptcp_poll.cold`. */
const COPY = /\.(?:isra|part|constprop|cold)(?:\.\d+)?(?=\.|$)/g;

/** Symbol of the padding before a function (CONFIG_CALL_PADDING), which is never executed. */
const PADDING = /^__pfx_/;

/**
 * Source of instructions from the output of `addr2line -a -f -i`, of the files below a folder of the tree (`net/mptcp`).
 * After its address an instruction has pairs of lines, function and place: the innermost inlined function first.
 */
export function instructionsIn(addr2line: string, folder: string): Instruction[] {
  const found: Instruction[] = [];
  const lines = addr2line.split('\n');
  let address = '';
  for (let i = 0; i + 1 < lines.length; i++) {
    const [, next] = /^0x([\da-f]+)$/.exec(lines[i] ?? '') ?? [];
    if (next !== undefined) {
      address = next.padStart(16, '0');
      continue;
    }
    const [name = '', place = ''] = [lines[i], lines[++i]];
    const [, path, line] = /^(.*):(\d+)(?: \(discriminator \d+\))?$/.exec(place) ?? [];
    const at = path?.lastIndexOf(`${folder}/`) ?? -1;
    if (path === undefined || at < 0 || line === undefined || PADDING.test(name)) continue;
    found.push({ address, file: path.slice(at), line: Number(line), function: name.replace(COPY, '') });
  }
  return found;
}

/** Lines and functions of each file, by path, with whether they were reached. */
export function coverageOf(instructions: readonly Instruction[], reached: ReadonlySet<string>): FileCoverage[] {
  const files = new Map<string, FileCoverage>();
  for (const { address, file, line, function: name } of instructions) {
    let one = files.get(file);
    if (one === undefined) files.set(file, (one = { file, lines: new Map(), functions: new Map() }));
    const isReached = reached.has(address);
    one.lines.set(line, isReached || one.lines.get(line) === true);
    const known = one.functions.get(name);
    one.functions.set(name, {
      line: Math.min(line, known?.line ?? line),
      reached: isReached || known?.reached === true,
    });
  }
  return [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A table for people: lines and functions of each file and of all, and the functions that were not reached. */
export function coverageText(files: readonly FileCoverage[]): string {
  const count = (all: readonly boolean[]): string => {
    const hit = all.filter(Boolean).length;
    return `${hit}/${all.length} ${all.length === 0 ? '' : `(${Math.floor((100 * hit) / all.length)} %)`}`.padEnd(18);
  };
  const linesOf = (one: FileCoverage): boolean[] => [...one.lines.values()];
  const functionsOf = (one: FileCoverage): boolean[] => [...one.functions.values()].map(({ reached }) => reached);
  const width = Math.max(9, ...files.map(({ file }) => file.length));
  const row = (name: string, lines: boolean[], functions: boolean[]): string =>
    `${name.padEnd(width)}  ${count(lines)}${count(functions)}`.trimEnd();
  return [
    `${'file'.padEnd(width)}  ${'lines'.padEnd(18)}functions`,
    ...files.map((one) => row(one.file, linesOf(one), functionsOf(one))),
    row('all files', files.flatMap(linesOf), files.flatMap(functionsOf)),
    '',
    'functions that were not reached:',
    ...files.flatMap(({ file, functions }) =>
      [...functions].flatMap(([name, { line, reached }]) => (reached ? [] : [`  ${file}:${line} ${name}`])),
    ),
    '',
  ].join('\n');
}
