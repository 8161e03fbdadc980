/** Traffic shaping by the kernel's netem. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { iprouteEnvironment } from './ip-batch.ts';
import { enterCommand } from './tester-namespace.ts';
import { TopologyError } from './types.ts';
import type { CellLink } from './contract.ts';
import type { LinkSpec, Shape } from './types.ts';

const execute = promisify(execFile);

/** The arguments of `tc` that shape what leaves through a device. */
export function shapeArguments(device: string, shape: Shape): string[] {
  return [
    'qdisc',
    'replace',
    'dev',
    device,
    'root',
    'netem',
    ...(shape.delay === undefined ? [] : ['delay', `${Math.round(shape.delay * 1000)}us`]),
    ...(shape.loss === undefined ? [] : ['loss', `${shape.loss * 100}%`]),
    ...(shape.rate === undefined ? [] : ['rate', `${Math.round(shape.rate)}bit`]),
  ];
}

let probed: string | undefined;

/** Tries netem once, in a namespace of its own that is gone afterwards. Empty when it works. */
function netemProblem(): string {
  if (probed === undefined) {
    const [program = '', ...argv] = enterCommand(['tc', ...shapeArguments('lo', { delay: 1 })]);
    const { status, stderr, error } = spawnSync(program, argv, { encoding: 'utf8', env: iprouteEnvironment() });
    probed =
      status === 0
        ? ''
        : `shaping needs the kernel's netem (module sch_netem) and tc of iproute2: ${(error?.message ?? stderr).trim()}`;
  }
  return probed;
}

/** Whether a link asks to be shaped. */
export function isShaped({ toSut, fromSut }: Pick<LinkSpec, 'toSut' | 'fromSut'>): boolean {
  return toSut !== undefined || fromSut !== undefined;
}

/** Whether the kernel can shape. Where it cannot, the tester does. */
export function kernelShapes(): boolean {
  return netemProblem() === '';
}

/**
 * Shapes both directions of a built link, each at the end that sends.
 *
 * @param pid a process in the SUT host's namespace
 * @throws TopologyError with what `tc` said
 */
export async function shapeLink(link: CellLink, pid: number): Promise<void> {
  const { toSut, fromSut } = link.spec;
  const commands = [
    ...(toSut === undefined ? [] : [['tc', ...shapeArguments(link.device, toSut)]]),
    ...(fromSut === undefined
      ? []
      : [['nsenter', '--target', `${pid}`, '--net', 'tc', ...shapeArguments(link.sutDevice, fromSut)]]),
  ];
  for (const [program = '', ...argv] of commands) {
    try {
      await execute(program, argv, { env: iprouteEnvironment() });
    } catch (cause) {
      throw new TopologyError(`link ${link.spec.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
}
