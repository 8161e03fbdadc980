/** Features that a scenario needs by what it expects, in addition to those that it names. Pure. */
import type { PacketLine } from '../notation/packet-line.ts';
import type { Profile, Step } from './suite.ts';

/** The stack accepts subflows that the tester opens: local policy may refuse them (RFC 8684 section 3.2). */
const ACCEPTS_JOINS = 'accepts-joins';

/** The stack accepts more than one subflow that the tester opens. */
const ACCEPTS_SEVERAL_JOINS = 'accepts-several-joins';
/** The stack speaks MPTCP with a peer that asks for checksums: it may refuse (3.1-23). */
const ACCEPTS_CHECKSUMS = 'accepts-checksums';
/** The stack echoes announcements of addresses: it may discard them (3.4.1-4). */
const ECHOES_ANNOUNCEMENTS = 'echoes-announcements';
/** The stack opens subflows to addresses that are announced to it: its path manager may do without (3.9.2). */
const JOINS_ANNOUNCED = 'joins-announced-addresses';
/** The stack follows requests for backup: local policy may override them (3.3.8-9). */
const FOLLOWS_BACKUP_REQUESTS = 'follows-backup-requests';
/** The stack can be configured not to request checksums. */
const CHECKSUMS_OFF = 'checksums-off';

/** Features that all runs of a scenario need. `profile` is the tester's. */
export function impliedNeeds(profile: Profile, steps: readonly Step[]): string[] {
  return [
    ...(steps.some(acceptsJoin) ? [ACCEPTS_JOINS] : []),
    ...(joinsAccepted(steps).size > 1 ? [ACCEPTS_SEVERAL_JOINS] : []),
    ...(profile.checksum || steps.some(asksForChecksums) ? [ACCEPTS_CHECKSUMS] : []),
    ...(steps.some(expectsEcho) ? [ECHOES_ANNOUNCEMENTS] : []),
    ...(joinsAnnounced(steps) ? [JOINS_ANNOUNCED] : []),
    ...(sendsAfterBackupRequest(steps) ? [FOLLOWS_BACKUP_REQUESTS] : []),
    ...(steps.some(turnsChecksumsOff) ? [CHECKSUMS_OFF] : []),
  ];
}

function turnsChecksumsOff(step: Step): boolean {
  return step.kind === 'sut' && /^sysctl-set name=net\.mptcp\.checksum_enabled value=0\b/.test(step.line.text);
}

/** Whether the tester sends MP_CAPABLE with flag A. */
function asksForChecksums(step: Step): boolean {
  return step.kind === 'send' && /<mp_capable\b[^>]*(\bA=1\b|\bflags=[B-H]*A)/.test(step.line.text);
}

/** Whether the step passes only if the stack accepts a join. Steps inside `given` may not run. */
function acceptsJoin(step: Step): boolean {
  if (step.kind === 'expect') return isJoinAnswer(step.line);
  if (step.kind === 'one-of') return step.alternatives.every(({ line }) => isJoinAnswer(line));
  return step.kind === 'repeat' && step.steps.some(acceptsJoin);
}

/** Names of the subflows whose joins the stack has to accept. */
function joinsAccepted(steps: readonly Step[]): Set<string> {
  return new Set(
    steps.flatMap((step): string[] => {
      if (step.kind === 'expect') return isJoinAnswer(step.line) ? [step.line.subflow] : [];
      return step.kind === 'repeat' ? [...joinsAccepted(step.steps)] : [];
    }),
  );
}

/** Whether the stack sends data after the tester has asked for a backup; which subflow it uses depends on its policy. */
function sendsAfterBackupRequest(steps: readonly Step[]): boolean {
  const from = steps.findIndex(asksForBackup);
  return from >= 0 && steps.slice(from).some(sendsData);
}

function asksForBackup(step: Step): boolean {
  if (step.kind === 'send') return /<[^>]*\bmp_(prio|join)\b[^,>]*\bB=1/.test(step.line.text);
  return step.kind === 'repeat' && step.steps.some(asksForBackup);
}

function sendsData(step: Step): boolean {
  if (step.kind === 'sut') return /^send\b/.test(step.line.text);
  return step.kind === 'repeat' && step.steps.some(sendsData);
}

/** Whether the stack has to echo an announcement. */
function expectsEcho(step: Step): boolean {
  if (step.kind === 'expect') return /<[^>]*\badd_addr\b[^,>]*\bE=1/.test(step.line.text);
  return step.kind === 'repeat' && step.steps.some(expectsEcho);
}

/** Whether the stack has to open a subflow after the tester has announced an address. */
function joinsAnnounced(steps: readonly Step[]): boolean {
  const from = steps.findIndex(announces);
  return from >= 0 && steps.slice(from).some(opensJoin);
}

function announces(step: Step): boolean {
  if (step.kind === 'send') return /<[^>]*\badd_addr\b(?![^,>]*\bE=1)/.test(step.line.text);
  return step.kind === 'repeat' && step.steps.some(announces);
}

function opensJoin(step: Step): boolean {
  if (step.kind === 'expect') return / SYN /.test(step.line.text) && /<[^>]*\bmp_join\b/.test(step.line.text);
  return step.kind === 'repeat' && step.steps.some(opensJoin);
}

/** SYN/ACK with MP_JOIN. */
function isJoinAnswer({ flags, options }: PacketLine): boolean {
  if (flags === 'any' || !flags.includes('SYN') || !flags.includes('ACK')) return false;
  return options?.items.some(({ name, negated, optional }) => name === 'mp_join' && !negated && !optional) ?? false;
}
