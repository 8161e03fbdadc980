/** Rejects old turns of phrase in texts that users read: docs, help, suites, clauses. CONTRIBUTING.md has the rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** Folders, with what their files' names end in. */
const FOLDERS: readonly [string, RegExp][] = [
  ['docs', /\.md$/],
  ['docker', /\.md$/],
  ['suites', /(?<!renamed)\.yaml$/],
  ['topologies', /\.yaml$/],
  ['harness/cli', /\.command\.ts$/],
];
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'];
/** The first defines "octet"; the second is generated from texts that are checked. */
const SKIPPED = new Set(['docs/glossary.md', 'docs/coverage.md']);

/** Rejected phrases, with the replacement to suggest. */
const PHRASES: readonly [RegExp, string][] = [
  [/(?<!\bthere )\bis no (?!longer\b|more\b)/i, 'is not a'],
  [/\b(?:an? )?octets?\b(?!:)/i, 'byte'],
  [/\blikewise\b/i, 'also'],
  [/\b(?:says|tells) so\b/i, 'name the thing'],
  [/\b(?:is|are) told\b/i, 'is configured, is informed'],
  [/\btakes? no notice\b/i, 'ignores'],
  [/\b(?:does|do) no harm\b/i, 'does not disturb'],
  [/\bstands? for\b/i, 'means, replaces'],
  [/\bwithout a word\b/i, 'silently'],
  [/\bcomes? about\b/i, 'is established'],
  [/\bfall-backs?\b/i, 'fallback'],
  [/(?<!lags )\bbehind\b(?! (?:\S+ )*?(?:NATs?|firewall|gateways?|it)\b)/i, 'after'],
  [/\bin the place of\b/i, 'instead of'],
  [/\b(?:is|are) left to the stack\b/i, 'a choice of the implementation'],
  [/\band nobody minds\b/i, 'is accepted'],
  [/\bsigns? of loss\b/i, 'indicates loss'],
  [/\bleft behind\b/i, 'remains'],
];

/** Ids, links and code are names, not prose. */
function prose(line: string): string {
  return line
    .replace(/`[^`]*`|<!--.*-->/g, '')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/\S*[/=]\S*|\S+-\S*octets?\S*|\S*octets?-\S+/g, '');
}

/** Lines of YAML without prose: keys with ids, packet lines. */
const NO_PROSE = /^\s*(?:[\w-]+:$|(?:- )?(?:id|use|related|concerns|clause|until|send|expect|and|sut|not):|[\w.-]+\/)/;

test('texts that users read have none of the phrases that CONTRIBUTING.md rules out', () => {
  const files = FOLDERS.flatMap(([folder, ending]) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => ending.test(name))
      .map((name) => `${folder}/${name}`),
  );
  expect(files.length).toBeGreaterThan(40);
  const found = [...PAGES, ...files].flatMap((file) => {
    if (SKIPPED.has(file)) return [];
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      NO_PROSE.test(line)
        ? []
        : PHRASES.flatMap(([phrase, better]) => {
            const [hit] = phrase.exec(prose(line)) ?? [];
            return hit === undefined ? [] : [`${file}:${index + 1}: "${hit}"; write: ${better}`];
          }),
    );
  });
  expect(found).toEqual([]);
});
