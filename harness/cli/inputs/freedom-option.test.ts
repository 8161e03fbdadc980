import { describe, expect, test } from 'vitest';
import { UsageError } from '../../document/explained-error.ts';
import { findFreedoms, freedomsNamed } from './freedom-option.ts';

describe('--freedom', () => {
  test('makes several choices together: settings, routes, links, endpoints, the application', () => {
    expect(freedomsNamed(['checksum', 'tiny-initial-window', 'low-mtu', 'full-mesh', 'no-nagle'])).toEqual({
      sysctls: [{ name: 'net.mptcp.checksum_enabled', value: '1' }],
      habits: { route: { initcwnd: 1 }, mtu: 1280, endpoint: 'fullmesh', nodelay: true },
      lacks: [['initial-window-of-six', '--freedom tiny-initial-window: An initial congestion window of one segment']],
    });
    expect(freedomsNamed([])).toEqual({ sysctls: [], lacks: [] });
  });

  test('refuses what there is not, and what no setting makes', () => {
    expect(() => freedomsNamed(['checksums'])).toThrow(UsageError);
    expect(() => freedomsNamed(['checksums'])).toThrow(/did you mean "?checksum/);
    expect(() => freedomsNamed(['data-ack-size'])).toThrow(/no setting makes data-ack-size/);
  });

  test('at least ten choices are no settings of the kernel', () => {
    expect(findFreedoms([]).filter(({ habits }) => habits !== undefined).length).toBeGreaterThanOrEqual(9);
  });
});
