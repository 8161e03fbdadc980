/** Is there a Docker daemon that answers? A client alone is not enough. */
import { existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { lacks, works, type Check } from './check.ts';

const LIMIT_MS = 3000;

/** Asks the daemon for its version. */
export async function checkDocker(environment: NodeJS.ProcessEnv = process.env): Promise<Check> {
  const subject = { id: 'docker', title: 'Docker daemon (stacks in containers)', needed: false };
  const where = daemonAddress(environment);
  if (where === undefined) {
    return lacks(
      subject,
      `DOCKER_HOST is "${environment['DOCKER_HOST'] ?? ''}"`,
      'unset it, or use unix:///path or tcp://host:port',
    );
  }
  try {
    const { Version = '?', ApiVersion = '?' } = await askVersion(where.options);
    return works(subject, `${Version}, API ${ApiVersion}, ${where.name}`);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES')
      return lacks(subject, `no permission for ${where.name}`, 'sudo usermod -aG docker $USER, then log in again');
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      return lacks(
        subject,
        `no answer at ${where.name}`,
        'sudo apt-get install -y docker.io && sudo systemctl start docker',
      );
    }
    return lacks(subject, `${where.name}: ${message}`, 'check that dockerd runs: sudo systemctl status docker');
  }
}

function daemonAddress(environment: NodeJS.ProcessEnv): { name: string; options: RequestOptions } | undefined {
  const host = environment['DOCKER_HOST'] ?? '';
  if (host === '') {
    const rootless = `${environment['XDG_RUNTIME_DIR'] ?? '/nonexistent'}/docker.sock`;
    const socketPath = !existsSync('/var/run/docker.sock') && existsSync(rootless) ? rootless : '/var/run/docker.sock';
    return { name: socketPath, options: { socketPath } };
  }
  if (host.startsWith('unix://')) return { name: host, options: { socketPath: host.slice('unix://'.length) } };
  const [, hostname, port] = /^tcp:\/\/([^:/]+):(\d+)/.exec(host) ?? [];
  return hostname === undefined ? undefined : { name: host, options: { hostname, port: Number(port) } };
}

function askVersion(options: RequestOptions): Promise<{ Version?: string; ApiVersion?: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, path: '/version', timeout: LIMIT_MS, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        try {
          resolve(JSON.parse(body) as { Version?: string });
        } catch {
          reject(new Error(`expected a daemon's version as JSON, got "${body.slice(0, 60)}"`));
        }
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${LIMIT_MS} ms`)));
    call.on('error', reject);
    call.end();
  });
}
