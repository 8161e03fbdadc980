/** A badge for a stack, to be put on its pages. */
import { makeBadge } from 'badge-maker';
import { tally, type SiteModel } from './model.ts';

/** Message and colour of a stack's badge. Requirements are those of level MUST and `stated`. */
export function badgeText(model: SiteModel, index: number): { message: string; color: string } {
  const { must, stated } = tally(model, index);
  const count = (outcome: 'pass' | 'fail' | 'declared'): number => (must[outcome] ?? 0) + (stated[outcome] ?? 0);
  const [kept, broken, declared] = [count('pass'), count('fail'), count('declared')];
  if (kept + broken + declared === 0) return { message: 'not judged', color: 'lightgrey' };
  const parts = [`${kept} kept`, ...(broken + declared === 0 ? [] : [`${broken + declared} broken`])];
  return { message: parts.join(', '), color: broken > 0 ? 'red' : declared > 0 ? 'yellow' : 'brightgreen' };
}

/** The badge as SVG. */
export function badgeSvg(model: SiteModel, index: number): string {
  const { message, color } = badgeText(model, index);
  return `${makeBadge({ label: `RFC 8684, ${model.stacks[index]?.label ?? ''}`, message, color })}\n`;
}
