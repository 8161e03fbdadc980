import { describe, expect, test } from 'vitest';
import { currentId, formerIds } from './renamed.ts';

const RENAMED = [
  { was: 'A-notes/', is: 'a-notes/' },
  { was: 'a-notes/space/again', is: 'a-notes/space/repeated' },
  { was: 'b/key#key=flip($k,0)', is: 'b/key#key=flipped' },
];

describe('an id', () => {
  test.each([
    ['A-notes/space/again#ipv4', 'a-notes/space/repeated#ipv4'],
    ['A-notes/space/again', 'a-notes/space/repeated'],
    ['A-notes/space/other#x=1,ipv6', 'a-notes/space/other#x=1,ipv6'],
    ['b/key#role=initiator,key=flip($k,0),ipv4', 'b/key#role=initiator,key=flipped,ipv4'],
    ['b/key#key=flip($k,0),ipv4', 'b/key#key=flipped,ipv4'],
    ['b/key#key=flip($k,01),ipv4', 'b/key#key=flip($k,01),ipv4'],
    ['b/keys#key=flip($k,0),ipv4', 'b/keys#key=flip($k,0),ipv4'],
  ])('%s is followed to what it has become', (was, is) => expect(currentId(was, RENAMED)).toBe(is));

  test('knows what it was, step by step', () => {
    expect(formerIds('a-notes/space/repeated#ipv4', RENAMED)).toEqual([
      'a-notes/space/again#ipv4',
      'A-notes/space/again#ipv4',
    ]);
    expect(formerIds('b/key#role=initiator,key=flipped,ipv4', RENAMED)).toEqual([
      'b/key#role=initiator,key=flip($k,0),ipv4',
    ]);
    expect(formerIds('b/key#key=zeros,ipv4', RENAMED)).toEqual([]);
  });
});
