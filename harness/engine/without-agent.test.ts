import { expect, test } from 'vitest';
import type { Application } from '../topology/contract.ts';
import { unfitFor } from './without-agent.ts';
import { scenarioOf } from './testing/written-scenario.ts';

test.each<[Application, string[], RegExp | undefined]>([
  ['backend', ['sut: listen', 'send: a SYN', 'sut: accept', 'sut: recv bytes=10 -> pattern=ok'], undefined],
  ['backend', ['send: a SYN', 'sut: listen'], /^a relay listens from the start, the scenario does not$/],
  ['backend', ['sut: connect'], /begins with "sut: connect"/],
  ['backend', ['sut: listen', 'sut: info -> mptcp=1'], /^a relay cannot info: /],
  ['backend', ['sut: listen proto=tcp'], /cannot honour proto=/],
  ['backend', ['sut: listen', 'sut: listen fd=two port=5002'], /cannot honour fd=|listens once/],
  ['backend', ['sut: listen', 'sut: recv -> error=ECONNRESET'], /does not pass on error of the socket/],
  ['backend', ['sut: listen', 'sut: recv -> error=ETIMEDOUT'], undefined],
  ['backend', ['sut: listen', 'sut: shutdown how=rd'], /half-closes its sending direction only/],
  [
    'backend',
    ['sut: listen', 'sut: close', 'send: a PSH/ACK len=10 <dss>'],
    /reads on after its application has closed/,
  ],
  ['backend', ['sut: listen', 'send: a PSH/ACK len=10 <dss>', 'sut: close'], /reads at once/],
  ['backend', ['sut: listen', 'send: a ACK <dss F=1>', 'sut: recv -> eof=1'], undefined],
  ['closing-backend', ['sut: listen', 'send: a ACK <dss F=1>'], /does not half-close closes when its peer closes/],
  ['closing-backend', ['sut: listen', 'sut: close', 'send: a FIN/ACK <>'], undefined],
  ['discard', ['sut: listen', 'sut: accept', 'send: a PSH/ACK len=10 <dss>', 'sut: recv bytes=10'], undefined],
  ['discard', ['sut: listen', 'sut: recv bytes=10 -> pattern=ok'], /does not tell what its sockets return/],
  ['discard', ['sut: listen', 'sut: send bytes=10'], /^a discard service cannot send/],
  ['client', ['sut: connect', 'send: a SYN/ACK', 'sut: connected', 'sut: recv bytes=10 -> pattern=ok'], undefined],
  ['client', ['sut: listen'], /^a proxy connects when its client asks for it, the scenario begins with "sut: listen"$/],
  ['client', ['sut: connect', 'sut: connected -> error=ECONNREFUSED'], /does not pass on error of the socket/],
  ['client', ['sut: connect timeout=240000'], /cannot honour timeout=/],
  ['client', ['sut: connect', 'send: a ACK <dss F=1>', 'sut: recv -> eof=1'], undefined],
  ['closing-client', ['sut: connect', 'send: a ACK <dss F=1>'], /closes when its peer closes/],
  ['http', ['sut: listen', 'send: a PSH/ACK len=10 <dss>'], /^an HTTP service answers data with data/],
  ['echo', ['sut: listen', 'send: a PSH/ACK len=10 <dss>'], /^an echo service answers data with data/],
])('%s: %j', (application, steps, reason) => {
  const found = unfitFor(application, scenarioOf(steps));
  if (reason === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(reason);
});
