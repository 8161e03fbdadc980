/** A Docker daemon for a while: one that runs already, or one of our own that leaves nothing. Plain JavaScript, no dependencies. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from './setup-checks.mjs';
import { installNeeds, SetupError } from './setup-steps.mjs';

const START_MS = 60_000;
const STOP_MS = 30_000;
const USUAL = 'unix:///var/run/docker.sock';

/** Whether a daemon answers at a unix:// address. */
export function answers(host) {
  return new Promise((resolve) => {
    const call = request(
      { socketPath: host.slice('unix://'.length), path: '/_ping', timeout: 3000, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });
}

/**
 * Gives a daemon: `host` for DOCKER_HOST, and `stop`, which ends the daemon if it is ours. An address in DOCKER_HOST is
 * taken as it is.
 */
export async function openDaemon(environment = process.env) {
  const told = environment.DOCKER_HOST ?? '';
  const host = told === '' ? USUAL : told;
  if (!host.startsWith('unix://') || (await answers(host))) return { host, stop: async () => undefined };
  if (told !== '')
    throw new SetupError(
      `no Docker daemon answers at DOCKER_HOST=${told}; start it, or unset DOCKER_HOST to have one started`,
    );
  return startDaemon();
}

/** Starts a daemon with its own folder for everything. It dies with this process, and touches no firewall or bridge. */
async function startDaemon() {
  if (process.getuid?.() !== 0)
    throw new SetupError(
      'no Docker daemon runs, and starting one takes root; use sudo, or start yours: sudo systemctl start docker',
    );
  installNeeds(['docker']);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-docker-'));
  const host = `unix://${folder}/docker.sock`;
  const command = [
    findCommand('dockerd'),
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
    '-H',
    host,
  ];
  const child = spawn(findCommand('setpriv'), ['--pdeathsig', 'TERM', '--', ...command], {
    // Signals of the terminal are for the command; the daemon ends after it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  const listening = new Promise((resolve) =>
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-20_000);
      if (log.includes('API listen on')) resolve(true);
    }),
  );
  const limit = new Promise((resolve) => setTimeout(resolve, START_MS, false).unref());
  const up = await Promise.race([listening, limit, ended.then(() => false)]);
  const stop = () => stopDaemon(child, ended, folder);
  if (up) return { host, stop };
  await stop();
  throw new SetupError(
    `dockerd did not start within ${START_MS / 1000} s; it said:\n${log.split('\n').slice(-8).join('\n')}`,
  );
}

async function stopDaemon(child, ended, folder) {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(kill);
  // A daemon that was killed leaves mounts, and those would be emptied in place of the folder.
  if (existsSync('/proc/self/mounts')) {
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse())
      spawnSync(findCommand('umount'), ['--lazy', mount]);
  }
  rmSync(folder, { recursive: true, force: true });
}
