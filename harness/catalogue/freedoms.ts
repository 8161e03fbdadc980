/** Choices that the RFCs leave to an implementation, from `suites/freedoms.yaml`. */
import { DocumentError, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Habits } from '../verdict/stack-info.ts';
import type { Catalogue } from './catalogue.ts';

/** One choice. */
export interface Freedom {
  name: string;
  /** The stack's conduct, in one line. */
  title: string;
  /** Anchors of RFC 8684's paragraphs, `3.3.2-5`, or `RFC 7323 section 2.2`. */
  paragraphs: string[];
  /** The difference on the wire. */
  wire: string;
  /** Kernel settings that make a Linux stack choose so; empty where there are none. */
  sysctls: { name: string; value: string }[];
  /** Features of PICS or of the agent that a stack with this choice does not have: scenarios that need one are skipped. */
  lacks: readonly string[];
  /** Settings that make a real stack do the same: routes, links, endpoints, the application. */
  habits?: Habits;
}

/** A choice as the file has it. */
interface RawFreedom {
  title: string;
  paragraphs: string[];
  wire: string;
  lacks?: string[];
  linux?: { sysctl?: Record<string, string | number> } & Habits;
}

/**
 * Reads the choices, in the order of the file.
 *
 * @param catalogue what paragraphs there are; without it they are not checked
 * @throws DocumentError
 */
export function loadFreedoms(file: string, catalogue?: Catalogue): Freedom[] {
  const source = readYaml(file);
  source.check(projectSchema('suites/schema/freedoms.schema.json'));
  const { freedoms } = source.value as { freedoms: Record<string, RawFreedom> };
  const problems: Diagnostic[] = [];
  const sections = new Set(catalogue?.all.map(({ id }) => id.slice(0, id.lastIndexOf('-'))));
  for (const [name, { paragraphs }] of Object.entries(freedoms)) {
    for (const [index, paragraph] of paragraphs.entries()) {
      const section = paragraph.slice(0, paragraph.lastIndexOf('-'));
      if (catalogue === undefined || paragraph.startsWith('RFC ') || sections.has(section)) continue;
      const message = `the catalogue has no section ${section}${suggestion(section, [...sections])}`;
      problems.push(source.diagnose(['freedoms', name, 'paragraphs', index], 'UNKNOWN_CLAUSE', message));
    }
  }
  if (problems.length > 0) throw new DocumentError(problems);
  return Object.entries(freedoms).map(([name, raw]) => {
    const { sysctl = {}, ...habits } = raw.linux ?? {};
    return {
      name,
      title: raw.title,
      paragraphs: raw.paragraphs,
      wire: raw.wire,
      lacks: raw.lacks ?? [],
      sysctls: Object.entries(sysctl).map(([key, value]) => ({ name: key, value: String(value) })),
      ...(Object.keys(habits).length === 0 ? {} : { habits }),
    };
  });
}
