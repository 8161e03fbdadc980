/** Conversations that keep to the RFC are never blamed, whatever part of them a capture has. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goodConversation } from './testing/conversation.ts';
import { broken, judge } from './testing/judging.ts';
import { monitors } from './registry.ts';

const CHOICES = [
  { checksums: false, wide: true, family: 'ipv4' },
  { checksums: true, wide: true, family: 'ipv6' },
  { checksums: true, wide: false, family: 'ipv4' },
  { checksums: false, wide: false, family: 'ipv6' },
] as const;

describe.each(CHOICES)('checksums $checksums, wide $wide, $family', (choice) => {
  const packets = goodConversation(choice);

  test('passes as a whole', () => {
    const findings = judge(packets);
    expect(broken(findings)).toEqual([]);
    expect(findings.filter((one) => one.verdict === 'inconclusive')).toEqual([]);
  });

  test('is not blamed for what comes before the capture', () => {
    for (let from = 1; from < packets.length; from++)
      expect(broken(judge(packets.slice(from), false)), `from ${packets[from]!.name} on`).toEqual([]);
  });

  test('is not blamed for what comes after the capture', () => {
    for (let to = 1; to < packets.length; to++)
      expect(broken(judge(packets.slice(0, to))), `up to ${packets[to]!.name}`).toEqual([]);
  });

  test('is not blamed for packets that the capture lacks', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: packets.length, maxLength: packets.length }), (kept) => {
        expect(
          broken(
            judge(
              packets.filter((_, i) => kept[i]),
              false,
            ),
          ),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
    for (let i = 0; i < packets.length; i++)
      expect(
        broken(
          judge(
            packets.filter((_, j) => j !== i),
            false,
          ),
        ),
        `without ${packets[i]!.name}`,
      ).toEqual([]);
  });

  test('is not blamed when the network repeats packets or changes their order', () => {
    const order = fc.array(fc.nat(packets.length - 1), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(order, (indexes) => {
        expect(
          broken(
            judge(
              indexes.map((i) => packets[i]!),
              false,
            ),
          ),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test('a capture that begins in the middle is inconclusive about what the handshake would tell', () => {
  const packets = goodConversation({ checksums: true });
  const late = judge(packets.slice(packets.findIndex((one) => one.name === 'answer')), false);
  for (const rule of [
    'join-token',
    'join-synack-hmac',
    'join-ack-hmac',
    'add-addr-hmac',
    'checksum-where-agreed',
    'data-starts-at-idsn',
  ]) {
    expect(late.find((one) => one.rule === rule)?.verdict, rule).toBe('inconclusive');
  }
});

test('the good conversation reaches most rules', () => {
  const reached = new Set(
    [false, true]
      .flatMap((checksums) => [false, true].flatMap((wide) => judge(goodConversation({ checksums, wide }))))
      .map((one) => one.rule),
  );
  const all = monitors.flatMap((monitor) => monitor.rules.map((rule) => rule.name));
  expect(new Set(all).size, 'names of rules are unique').toBe(all.length);
  expect(all.filter((name) => !reached.has(name))).toMatchInlineSnapshot(`
    [
      "fail-form",
      "fastclose-form",
      "tcprst-form",
      "experimental",
      "fail-reserved",
      "fastclose-reserved",
      "tcprst-reserved",
      "tcprst-place",
      "fastclose-place",
      "no-urgent-pointer",
      "leaves-mptcp-after-lost-options",
      "infinite-mapping-after-lost-options",
      "reset-after-lost-options",
      "lost-options-are-interference",
      "capable-syn-repeats",
      "join-token-of-initiator",
      "join-nonce-kept",
      "join-flag-c",
      "join-never-plain",
      "reset-reason-for-wrong-hmac",
      "syn-without-capable-at-last",
      "fast-open-cookie-length",
      "no-data-without-cookie",
      "capable-beside-cookie",
      "capable-beside-cookie-in-answer",
      "fast-open-cookie",
      "syn-data-not-mapped",
      "syn-data-not-counted",
      "syn-data-acknowledged",
      "checksum-after-fast-open",
      "data-before-third-packet",
      "listener-data-after-fast-open",
      "refused-syn-data-mapped",
      "rest-of-syn-data-sent-again",
      "rest-of-syn-data-numbers",
      "refused-syn-data-acknowledged",
      "checksum-of-infinite-mapping",
      "mp-fail-on-ack-of-only-subflow",
      "mp-fail-by-reset-beside-others",
      "failed-checksum-is-interference",
      "no-data-after-fin",
      "data-ack-starts-at-idsn",
      "wide-numbers-at-high-rates",
      "data-ack-of-data-fin-without-hole",
      "no-data-ack-of-failed-data",
      "data-numbers-without-gap",
      "no-data-ack-after-infinite-mapping",
      "same-data-again",
      "same-octets-again",
      "data-on-two-subflows",
      "when-data-is-sent-again",
      "data-fin-is-last",
      "fin-with-data-fin",
      "data-fin-acknowledged-while-closing",
      "subflows-close-after-own-data-fin",
      "window-scale-of-own-subflow",
      "lost-segment-sent-again",
      "subflow-ack-despite-hole-in-data",
      "address-id-zero",
      "add-addr-again",
      "renewed-announcement-echoed",
      "announcement-of-other-port-echoed",
      "announcement-beside-joins-echoed",
      "join-port-without-port",
      "join-follows-announcement",
      "other-address-family",
      "keepalive-after-remove-addr",
      "subflows-of-removed-address-end",
      "fastclose-key",
      "nothing-after-fastclose",
      "reset-reason-registered",
      "reset-with-reason",
      "fail-number",
      "reset-transient",
      "fastclose-by-ack-once",
      "fastclose-by-rst-everywhere",
      "subflow-ended-by-rst",
      "reset-unspecified",
      "reset-for-mptcp-error",
      "reset-for-lack-of-resources",
      "reset-by-policy",
      "reset-for-outstanding-data",
      "reset-for-performance",
      "reset-for-interference",
      "abort-by-fastclose",
      "mp-fail-answered",
      "infinite-mapping-after-mp-fail",
      "infinite-mapping-starts-at-intact-data",
      "plain-after-mp-fail",
      "plain-after-refusal",
      "plain-after-infinite-mapping",
      "infinite-mapping-length",
      "data-on-one-subflow-after-infinite-mapping",
      "other-subflows-end-after-infinite-mapping",
      "sack-leaves-room-for-data-ack",
      "data-on-own-backup",
      "plain-tcp-after-refusal",
      "sizes-in-one-dss",
      "retransmissions-before-the-end",
      "version-offered-after-refusal",
    ]
  `);
});
