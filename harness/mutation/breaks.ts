/** Plausible breaks: for a clause, what a stack may do that breaks it. Kept as data beside the suites. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clause } from '../catalogue/types.ts';
import { DocumentError, suggestion, type Diagnostic, type NodePath } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, type YamlFile } from '../document/yaml-file.ts';
import { NotationError } from '../notation/expression.ts';
import { parsePacketLine, parsePacketTail, type PacketLine } from '../notation/packet-line.ts';
import type { Scenario } from '../scenario/suite.ts';

/** The part after `to`: header fields and options to set in a packet. */
export type Change = ReturnType<typeof parsePacketTail>;

/** One way in which a stack may break a clause. Exactly one of `drop`, `change`, `add`, `answer` is there. */
export interface Break {
  clause: string;
  /** Conduct of the faulty stack, in words. */
  stack: string;
  /** Place: file:line is for people. */
  place: Diagnostic['place'];
  /** Packets that never come. */
  drop?: PacketLine;
  change?: { line: PacketLine; to: Change };
  /** A packet that comes too, once: after one that fits `after`, else after the tester's next one. */
  add?: { line: PacketLine; after?: PacketLine };
  /** Fields of the agent's answers to a command. */
  answer?: { command: string; fields: Readonly<Record<string, string>> };
  from: 'start' | 'body';
  /** Number of matching packets left alone before. */
  skip: number;
  /** Scenarios, without variant, that have to notice; any that judges the clause when empty. */
  scenarios: readonly string[];
}

interface RawBreak {
  stack: string;
  drop?: string;
  change?: string;
  to?: string;
  add?: string;
  after?: string;
  answer?: string;
  from?: 'start' | 'body';
  skip?: number;
  in?: string[];
}

/** Paths of all breaks files below a folder, sorted. */
export function findBreaks(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)breaks\.yaml$/.test(name))
    .sort()
    .map((name) => join(root, name));
}

/** Reads one file of breaks. @throws DocumentError */
export function loadBreaks(path: string): Break[] {
  const file = readYaml(path);
  file.check(projectSchema('suites/schema/breaks.schema.json'));
  const raw = file.value as { breaks: Record<string, RawBreak[]> };
  const diagnostics: Diagnostic[] = [];
  const breaks = Object.entries(raw.breaks).flatMap(([clause, list]) =>
    list.map((one, index) => readBreak(clause, one, ['breaks', clause, index], file, diagnostics)),
  );
  if (diagnostics.length > 0) throw new DocumentError(diagnostics);
  return breaks;
}

function readBreak(clause: string, raw: RawBreak, path: NodePath, file: YamlFile, diagnostics: Diagnostic[]): Break {
  const read = <T>(key: keyof RawBreak, parse: (text: string) => T): T | undefined => {
    const text = raw[key];
    if (typeof text !== 'string') return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof NotationError)) throw error;
      diagnostics.push(
        file.diagnoseWithin([...path, key], error.code, error.message, error.at, Math.max(1, error.span)),
      );
      return undefined;
    }
  };
  const [drop, line, to, add] = [
    read('drop', parsePacketLine),
    read('change', parsePacketLine),
    read('to', parsePacketTail),
    read('add', parsePacketLine),
  ];
  const [after, answer] = [read('after', parsePacketLine), read('answer', parseAnswer)];
  return {
    clause,
    stack: raw.stack,
    place: file.placeOf(path),
    from: raw.from ?? 'body',
    skip: raw.skip ?? 0,
    scenarios: raw.in ?? [],
    ...(drop === undefined ? {} : { drop }),
    ...(line === undefined || to === undefined ? {} : { change: { line, to } }),
    ...(add === undefined ? {} : { add: { line: add, ...(after === undefined ? {} : { after }) } }),
    ...(answer === undefined ? {} : { answer }),
  };
}

function parseAnswer(text: string): { command: string; fields: Record<string, string> } {
  const [command = '', ...words] = text.trim().split(/\s+/);
  const pairs = words.map((word) => word.split('='));
  if (words.length === 0 || pairs.some((pair) => pair.length !== 2)) {
    throw new NotationError('an answer is a command with the fields to set: "poll readable=1"', 0, text.length);
  }
  return { command, fields: Object.fromEntries(pairs) as Record<string, string> };
}

/** Whether a scenario is one that a break is tried on. */
export function isTriedOn(one: Break, scenario: Scenario): boolean {
  const name = `${scenario.suite}/${scenario.name}`;
  return one.scenarios.length === 0 ? scenario.clauses.includes(one.clause) : one.scenarios.includes(name);
}

/** Checks beyond the schema: clauses and scenarios exist, and each MUST that scenarios judge has a break. */
export function lintBreaks(
  breaks: readonly Break[],
  scenarios: readonly Scenario[],
  clauses: readonly Clause[],
): string[] {
  const ids = new Set(clauses.map((clause) => clause.id));
  const judged = new Set(scenarios.flatMap((one) => one.clauses));
  const names = new Set(scenarios.map((one) => `${one.suite}/${one.name}`));
  const problems: string[] = [];
  for (const one of breaks) {
    const at = `${one.place.file}:${one.place.line}`;
    if (!ids.has(one.clause)) problems.push(`${at}: unknown clause "${one.clause}"${suggestion(one.clause, ids)}`);
    for (const name of one.scenarios)
      if (!names.has(name)) problems.push(`${at}: unknown scenario "${name}"${suggestion(name, names)}`);
    if (!scenarios.some((scenario) => isTriedOn(one, scenario)))
      problems.push(`${at}: no scenario judges ${one.clause}`);
  }
  const broken = new Set(breaks.map((one) => one.clause));
  for (const { id, keyword, repeats } of clauses) {
    // A clause that repeats another is broken there.
    if (!keyword.startsWith('MUST') || repeats !== undefined || !judged.has(id) || broken.has(id)) continue;
    problems.push(`clause ${id} (${keyword}) has no plausible break; add one to the breaks.yaml of its section`);
  }
  return problems;
}
