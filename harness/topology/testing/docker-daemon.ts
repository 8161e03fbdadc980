/** For tests: a Docker daemon that answers, the machine's own or one that is started for the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A daemon that a test has to itself or shares. */
export interface TestDaemon {
  /** Value for DOCKER_HOST. */
  host: string;
  stop(): Promise<void>;
}

/** Whether these tests can run here: starting a daemon and entering containers take root, and a daemon. */
export const CAN_USE_DOCKER =
  process.getuid?.() === 0 &&
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].some((folder) => existsSync(join(folder, 'dockerd')));

/** Starts `scripts/with-docker.mjs` around a command that stays until its input ends. */
export async function testDaemon(): Promise<TestDaemon> {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'scripts', 'with-docker.mjs'), 'sh', '-c', 'echo "$DOCKER_HOST"; cat'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let said = '';
  const host = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) resolve(said.trim());
    });
    void exited.then(([code]) =>
      reject(new Error(`no Docker daemon can be had: with-docker.mjs ended with ${String(code)}`)),
    );
  });
  return {
    host,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
