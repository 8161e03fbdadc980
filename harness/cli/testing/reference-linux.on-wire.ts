/** The reference stack talks to this kernel: both roles, both families. */
import { afterAll, describe, expect, test } from 'vitest';
import { freedoms } from '../../reference/index.ts';
import { endMeetings, Meeting, type MeetingOptions, type Role, type StackName } from './linux-peer.ts';

afterAll(() => endMeetings());

/** Lost and reordered packets, as on a bad radio link. */
const BAD = { loss: 0.02, reordered: 0.1, delay: 4 };

/** Makes two stacks, and has the monitors judge all packets at the end. */
async function meeting(options: MeetingOptions, course: (both: Meeting) => Promise<void>): Promise<void> {
  const both = await Meeting.make(options);
  try {
    await course(both);
    expect(both.wired.errors).toEqual([]);
    expect(both.blamed('reference')).toEqual([]);
    // The packets are noted at the reference stack: what a middlebox took out of those of Linux is not its fault.
    if (options.middleboxes === undefined) expect(both.blamed('linux')).toEqual([]);
  } finally {
    await both.end();
  }
}

const cases = (['ipv4', 'ipv6'] as const).flatMap((family) =>
  (['initiator', 'responder'] as const).map((role): [typeof family, Role] => [family, role]),
);

describe.each(cases)('over %s, the reference stack as %s', (family, role) => {
  const [initiator, responder]: [StackName, StackName] =
    role === 'initiator' ? ['reference', 'linux'] : ['linux', 'reference'];

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('a connection with data both ways; Linux asks for checksums: %s, the other: %s', (linux, reference) =>
    meeting({ family, checksums: { linux, reference } }, async (both) => {
      await both.connect(role);
      expect(await both.exchange(20_000)).toEqual([]);
      for (const agent of Object.values(both.agents))
        expect(await agent.request('info', { fd: 'conn' })).toMatchObject({ mptcp: '1', fallback: '0' });
      expect(await both.closeBoth(responder)).toBe(true);
    }),
  );

  test.each(['linux', 'reference'] as const)('%s knows TCP only: a connection without MPTCP', (plain) =>
    meeting({ family }, async (both) => {
      await both.connect(role, { [plain]: 'tcp' });
      expect(await both.exchange(20_000)).toEqual([]);
      expect(await both.closeBoth(responder)).toBe(true);
    }),
  );

  test.each(['joins from', 'announces'])('one side %s its second address, and both use the subflow', (how) =>
    meeting({ family, links: 2 }, async (both) => {
      await both.connect(role);
      expect(await both.exchange(2000)).toEqual([]);
      await (how === 'announces' ? both.useSecondLink(responder) : both.join(initiator));
      expect(await both.exchange(100_000)).toEqual([]);
      expect(await both.closeBoth(responder)).toBe(true);
    }),
  );

  test.each(['syn', 'after-syn'] as const)('a middlebox takes MPTCP options away (%s): both fall back', (on) =>
    meeting({ family, middleboxes: [{ strip: { on } }] }, async (both) => {
      await both.connect(role);
      for (let round = 0; round < 3; round++) expect(await both.exchange(2000)).toEqual([]);
      for (const agent of Object.values(both.agents))
        expect(await agent.request('info', { fd: 'conn' })).toMatchObject({ mptcp: '0' });
      expect(await both.closeBoth(responder)).toBe(true);
    }),
  );

  test('a megabyte each way over two paths that lose and reorder packets', () =>
    meeting({ family, links: 2, impairment: BAD, checksums: { linux: true, reference: true } }, async (both) => {
      await both.connect(role);
      expect(await both.exchange(2000)).toEqual([]);
      await both.useSecondLink(responder);
      expect(await both.exchange(1_000_000)).toEqual([]);
      expect(await both.closeBoth(responder)).toBe(true);
    }));

  test.each([0, 1])('link %i falls silent in the middle, and every byte comes over the other', (silent) =>
    meeting({ family, links: 2 }, async (both) => {
      await both.connect(role);
      expect(await both.exchange(2000)).toEqual([]);
      await both.useSecondLink(responder);
      expect(await both.exchange(50_000)).toEqual([]);
      both.wired.silence(silent === 0 ? 'a' : 'b');
      expect(await both.exchange(50_000)).toEqual([]);
    }),
  );

  test.each([
    ['linux', undefined],
    ['reference', 'fast-close-by-reset'],
    ['reference', 'fast-close-by-ack'],
  ] as const)('%s closes fast (%s), and the other is told', (closing, choice) => {
    const variations = freedoms.filter(({ id }) => id === choice);
    return meeting({ family, variations }, async (both) => {
      await both.connect(role);
      expect(await both.exchange(2000)).toEqual([]);
      const told = closing === 'linux' ? 'reference' : 'linux';
      // It may be told before the agent that closes has answered.
      const waiting = expect(
        both.agents[told].request('recv', { fd: 'conn', bytes: 1, timeout: 20_000 }),
      ).rejects.toThrow(/ECONNRESET/);
      await both.agents[closing].request('setsockopt', { fd: 'conn', name: 'SO_LINGER', value: '1,0' });
      await both.agents[closing].request('close', { fd: 'conn' });
      await waiting;
    });
  });
});
