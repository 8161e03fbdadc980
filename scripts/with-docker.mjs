#!/usr/bin/env node
/**
 * Runs a command where a Docker daemon answers: `node scripts/with-docker.mjs COMMAND [ARGS...]`.
 *
 * The daemon of this machine is used when it runs. Otherwise one is started for the command (as root; Debian's docker.io
 * is installed where it is missing) with a folder of its own, no bridge and no firewall rule, and ended with it.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { openDaemon } from './docker-daemon.mjs';
import { SetupError } from './setup-steps.mjs';

const [program, ...args] = process.argv.slice(2);
const USAGE =
  'usage: node scripts/with-docker.mjs COMMAND [ARGS...]\nRuns the command where a Docker daemon answers; starts one for it when none runs.\n';

/** Runs the command to its end; its exit code is ours. */
async function main() {
  const daemon = await openDaemon();
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, DOCKER_HOST: daemon.host } });
  const passOn = (signal) => child.kill(signal);
  // The terminal interrupts the command itself; this process stays to end the daemon.
  process
    .on('SIGINT', () => undefined)
    .on('SIGTERM', passOn)
    .on('SIGHUP', passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new SetupError(`${program}: ${error.message}`)));
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    await daemon.stop();
  }
}

if (program === undefined || program === '--help' || program === '-h') {
  process.stdout.write(USAGE);
  process.exitCode = program === undefined ? 2 : 0;
} else {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`with-docker: ${error.message}\n`);
    process.exitCode = error.code;
  }
}
