import type { Variation } from '../rules/index.ts';
import { mptcpFreedoms } from './mptcp.ts';
import { pathFreedoms } from './paths.ts';
import { tcpFreedoms } from './tcp.ts';

/** Choices that the RFCs leave to a stack. */
export const freedoms: readonly Variation[] = [...tcpFreedoms, ...mptcpFreedoms, ...pathFreedoms];
