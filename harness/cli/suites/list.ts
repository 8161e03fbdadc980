/** `list`: the scenarios, with what they judge. */
import { relative } from 'node:path';
import type { ScenarioHead } from '../../scenario/suite.ts';
import { styleFor, coloursOf, wrap, type TextStyle } from '../../report/text-layout.ts';
import { sectionTitle } from '../../catalogue/rfc-outline.ts';
import { withoutVariant } from '../inputs/judges.ts';
import { allScenarios, openProject } from '../inputs/project.ts';
import { selectScenarios, type Selection } from '../inputs/selection.ts';

/** Options of the command. */
export interface ListOptions extends Selection {
  json: boolean;
}

/** A scenario with those of its variants that were chosen; what `--json` prints. */
export interface ListedScenario {
  /** Without a variant. */
  id: string;
  suite: string;
  name: string;
  title: string;
  section: string;
  roles: string[];
  families: string[];
  /** Every clause that one of the variants judges. */
  clauses: string[];
  topology: string;
  needs: readonly string[];
  /** Path from the working directory. */
  file: string;
  line: number;
  /** Ids with variants. */
  variants: string[];
}

/** Prints what the options choose. @throws UsageError when they choose nothing */
export function listScenarios(options: ListOptions): void {
  const project = openProject();
  const listed = gather(selectScenarios(allScenarios(project), options, project.catalogue));
  const text = options.json ? JSON.stringify(listed, undefined, 1) : listText(listed, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

/** Puts the variants of a scenario together. */
export function gather(scenarios: readonly ScenarioHead[]): ListedScenario[] {
  const byId = new Map<string, ScenarioHead[]>();
  for (const scenario of scenarios) {
    const id = withoutVariant(scenario.id);
    byId.set(id, [...(byId.get(id) ?? []), scenario]);
  }
  return [...byId].flatMap(([id, variants]) => {
    const [first] = variants;
    if (first === undefined) return [];
    const { suite, name, section, topology, needs, place } = first;
    const titles = new Set(variants.map((one) => one.title));
    return [
      {
        id,
        suite,
        name,
        section,
        topology,
        needs,
        title: titles.size === 1 ? first.title : `${first.title} (and ${titles.size - 1} like it)`,
        roles: [...new Set(variants.map((one) => one.role))],
        families: [...new Set(variants.map((one) => one.family))],
        clauses: [...new Set(variants.flatMap((one) => one.clauses))],
        file: relative(process.cwd(), place.file),
        line: place.line,
        variants: variants.map((one) => one.id),
      },
    ];
  });
}

function listText(listed: readonly ListedScenario[], style: TextStyle): string {
  const colours = coloursOf(style);
  const lines: string[] = [];
  for (const suite of new Set(listed.map((one) => one.suite))) {
    const group = listed.filter((one) => one.suite === suite);
    const [first] = group;
    lines.push(
      colours.bold(`${suite}  ${sectionTitle(first?.section ?? '')}`),
      ...group.flatMap((one) => itemLines(one, style)),
      '',
    );
  }
  const variants = listed.reduce((sum, one) => sum + one.variants.length, 0);
  lines.push(`${listed.length} scenarios, ${variants} with their variants`);
  return lines.join('\n');
}

function itemLines(one: ListedScenario, style: TextStyle): string[] {
  const colours = coloursOf(style);
  const count = one.variants.length > one.families.length ? `, ${one.variants.length} variants` : '';
  const needs = one.needs.length === 0 ? '' : `, needs ${one.needs.join(', ')}`;
  return [
    `  ${colours.bold(one.id)}`,
    ...wrap(one.title, style.width - 4).map((line) => `    ${line}`),
    ...wrap(
      `${one.roles.join(' and ')}, ${one.families.join(' and ')}${count}${needs}; judges ${one.clauses.join(', ')}`,
      style.width - 4,
    ).map((line) => colours.dim(`    ${line}`)),
  ];
}
