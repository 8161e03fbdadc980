/** Kernel trouble seen during a run, for the terminal. Pure. */
import type { ScenarioRecord } from './results.ts';

/** A paragraph for each trouble, with the scenarios that bring it about; empty when there was none. */
export function troubleText(scenarios: readonly ScenarioRecord[], locate: (path: string) => string): string[] {
  const titles = [
    ...new Set(
      scenarios.flatMap(({ trouble }) => (trouble === undefined ? [] : [`${trouble.kind}: ${trouble.title}`])),
    ),
  ];
  return titles.flatMap((title) => {
    const seen = scenarios.filter(
      ({ trouble }) => trouble !== undefined && `${trouble.kind}: ${trouble.title}` === title,
    );
    const guilty = seen.filter(({ trouble }) => trouble?.alone === true);
    const who =
      guilty.length > 0
        ? guilty.map(({ id }) => `  caused by ${id}, also when it runs alone`)
        : [
            `  does not recur with any of the ${seen.length} scenarios that were running, each repeated alone: ${seen.map(({ id }) => id).join(', ')}`,
          ];
    const finding = seen.find(({ trouble }) => trouble?.finding !== undefined)?.trouble?.finding;
    const console = (guilty[0] ?? seen[0])?.trouble?.console;
    const head = finding === undefined ? 'kernel problem' : `kernel problem, declared as ${finding}`;
    return [`${head}: ${title}`, ...who, ...(console === undefined ? [] : [`  console: ${locate(console)}`])];
  });
}
