#!/usr/bin/env node
/**
 * Builds the example image: Debian's base by debootstrap, Python, iproute2 and agent.py.
 * `node docker/example-python/build.mjs [IMAGE]`, as root, with a Docker daemon (DOCKER_HOST or the usual one).
 *
 * Debian comes from where this machine's apt takes it, signatures checked; no image registry is asked.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';

const image = process.argv[2] ?? 'mptcp-conformance/example-python';
const PACKAGES = ['python3', 'iproute2'];

function output(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8' }).trim();
}

/** The first Debian archive that apt uses: address and suite. */
function debianSource() {
  const lines = output(
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)',
    'Created-By: Packages',
  ).split('\n');
  for (const line of lines) {
    const [mirror, release = '', , ...rest] = line.split(' ');
    if (rest.includes('main') || line.endsWith(' main')) {
      if (/security|updates|backports/.test(`${mirror} ${release}`)) continue;
      return { mirror, release };
    }
  }
  throw new Error(
    'apt on this machine has no Debian archive with the component "main"; add one to /etc/apt/sources.list',
  );
}

/** debootstrap takes its proxy from the environment, apt from its configuration. */
function withProxy() {
  const proxy = /^Acquire::http::Proxy "(.*)";$/im.exec(output('apt-config', 'dump'))?.[1];
  return proxy === undefined ? process.env : { ...process.env, http_proxy: proxy, https_proxy: proxy };
}

async function run(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2], ...options });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}; it says why above`);
}

async function main() {
  const { mirror, release } = debianSource();
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-example-'));
  try {
    const system = join(folder, 'system');
    await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, release, system, mirror], {
      env: withProxy(),
    });
    rmSync(join(system, 'var/cache/apt'), { recursive: true, force: true });
    rmSync(join(system, 'var/lib/apt/lists'), { recursive: true, force: true });
    copyFileSync(join(import.meta.dirname, 'agent.py'), join(system, 'agent.py'));
    const tar = spawn('tar', ['-C', system, '--one-file-system', '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
    const docker = new Docker({ socketPath: host.replace(/^unix:\/\//, '') });
    const [repo, tag = 'latest'] = image.split(':');
    const progress = await docker.importImage(tar.stdout, {
      repo,
      tag,
      changes: ['ENTRYPOINT ["/usr/bin/python3", "-B", "/agent.py"]'],
    });
    await new Promise((resolve, reject) =>
      docker.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error))),
    );
    process.stdout.write(`built ${image} from ${mirror} ${release}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`build: ${error.message}\n`);
  process.exitCode = 2;
}
