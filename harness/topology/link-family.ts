/** Address family of a scenario on a link. Pure. */
import type { CellLink } from './contract.ts';

/** The scenario's family where the link has it, else the one that the link has. */
export function familyOn({ spec }: Pick<CellLink, 'spec'>, wanted: 'ipv4' | 'ipv6'): 'ipv4' | 'ipv6' {
  return spec.families.includes(wanted) ? wanted : (spec.families[0] ?? wanted);
}
