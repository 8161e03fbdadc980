/** Debian's own apt, with a state of its own: the machine's lists and packages are not touched, signatures are checked. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from './types.ts';

const LIMIT_MS = 600_000;
/** Characters of output at most: the lists of one suite have some 60 million. */
const MOST_OUTPUT = 400_000_000;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Suites that hold kernels, oldest first. One that is not (or no longer) there is passed over. */
const SUITES: readonly { suite: string; security?: true }[] = [
  ...['bullseye', 'bookworm', 'trixie', 'forky'].flatMap((suite) => [
    { suite },
    { suite: `${suite}-security`, security: true as const },
    { suite: `${suite}-backports` },
  ]),
  { suite: 'sid' },
  { suite: 'experimental' },
];

/** Sources of packages. */
export interface Mirror {
  /** `http://deb.debian.org/debian` */
  main: string;
  /** The mirror of the security archive. */
  security: string;
}

/** Reads the mirrors that apt on this machine uses out of its source files' text. Pure. */
export function mirrorOf(sources: readonly string[]): Mirror | undefined {
  const uris = sources
    .flatMap((text) =>
      [
        ...[...text.matchAll(/^\s*URIs:\s*(.+)$/gim)].flatMap(([, list = '']) => list.split(/\s+/)),
        ...[...text.matchAll(/^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gm)].map(([, uri = '']) => uri),
      ].map((uri) => uri.replace(/\/+$/, '')),
    )
    .filter((uri) => uri !== '');
  const main = uris.find((uri) => uri.endsWith('/debian'));
  const security = uris.find((uri) => uri.endsWith('/debian-security'));
  const base = main ?? security?.replace(/-security$/, '');
  return base === undefined ? undefined : { main: base, security: security ?? `${base}-security` };
}

/** The mirror that was asked for, else the machine's, else Debian's own. */
export function chooseMirror(asked: string | undefined): Mirror {
  if (asked !== undefined) {
    const main = asked.replace(/\/+$/, '');
    return { main, security: `${main}-security` };
  }
  const folder = '/etc/apt';
  const parts = join(folder, 'sources.list.d');
  const files = [
    join(folder, 'sources.list'),
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ];
  return (
    mirrorOf(files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))) ?? {
      main: 'http://deb.debian.org/debian',
      security: 'http://deb.debian.org/debian-security',
    }
  );
}

/** The lists name a package that the archive no longer holds. */
export class PackageGone extends KernelError {}

/** apt with its state below one folder. */
export class Apt {
  readonly #folder: string;
  readonly #options: string[];
  readonly #mirror: Mirror;
  readonly #say: (line: string) => void;

  /** @param folder apt's state and cache go here @param architecture Debian's name @param say hears of progress, a line at a time */
  constructor(folder: string, architecture: string, mirror: Mirror, say: (line: string) => void) {
    this.#folder = folder;
    this.#mirror = mirror;
    this.#say = say;
    const settings: Record<string, string> = {
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(folder, 'cache'),
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      'Acquire::Languages': 'none',
      'APT::Get::AllowUnauthenticated': 'false',
      // The user's own folder may be closed to the user that apt would switch to.
      'APT::Sandbox::User': '',
      'Acquire::Retries': '2',
      'Acquire::AllowInsecureRepositories': 'false',
    };
    this.#options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  /** Fetches the lists of all suites. @throws KernelError when none can be had */
  async update(): Promise<void> {
    for (const path of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(join(this.#folder, path), { recursive: true });
    const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
    const lines = SUITES.map(
      ({ suite, security }) =>
        `deb ${signed}${security === true ? this.#mirror.security : this.#mirror.main} ${suite} main\n`,
    );
    writeFileSync(join(this.#folder, 'sources.list'), lines.join(''));
    this.#say(`reading the package lists of ${this.#mirror.main}`);
    const { status, said } = await this.#run('apt-get', ['update']);
    // A missing suite is not a failure, since suites come and go; a bad signature is, and only apt reports it.
    const bad = said
      .split('\n')
      .find(
        (line) => /GPG error|invalid signature|not signed|EXPKEYSIG|NO_PUBKEY/i.test(line) && line.startsWith('E:'),
      );
    if (bad !== undefined)
      throw new KernelError(`apt does not trust ${this.#mirror.main}: ${bad}; install debian-archive-keyring`);
    if (status !== 0 && !existsSync(join(this.#folder, 'state', 'lists')))
      throw new KernelError(`apt-get update failed: ${lastLine(said)}`);
  }

  /** All packages of all lists, as `apt-cache dumpavail` writes them. @throws KernelError */
  async dump(): Promise<string> {
    const { status, stdout, said } = await this.#run('apt-cache', ['dumpavail']);
    if (status !== 0) throw new KernelError(`apt-cache failed: ${lastLine(said)}`);
    return stdout;
  }

  /** Fetches packages, verified, into a folder. @throws PackageGone, KernelError */
  async download(packages: readonly string[], folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const { status, said } = await this.#run('apt-get', ['-q', 'download', ...packages], folder, (line) => {
      if (/^(?:Get|Err):/.test(line)) this.#say(line);
    });
    if (status === 0) return;
    const message = `apt-get download ${packages.join(' ')} failed: ${lastLine(said)}; try again, or another --mirror`;
    throw /\b404\b/.test(said) ? new PackageGone(message) : new KernelError(message);
  }

  /** @throws KernelError when apt is not there, or does not end */
  async #run(
    program: string,
    args: readonly string[],
    cwd = this.#folder,
    hear?: (line: string) => void,
  ): Promise<{ status: number; stdout: string; said: string }> {
    mkdirSync(this.#folder, { recursive: true });
    const { execa } = await import('execa');
    const child = execa(program, [...this.#options, ...args], {
      cwd,
      env: { LC_ALL: 'C' },
      stdin: 'ignore',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_OUTPUT,
      reject: false,
    });
    if (hear !== undefined) for await (const line of child) hear(line);
    const { exitCode, signal, stdout, stderr, originalMessage } = await child;
    if (signal !== undefined)
      throw new KernelError(`${program} ${args.join(' ')} was ended by ${signal} (limit: ${LIMIT_MS / 1000} s)`);
    if (exitCode === undefined) {
      const remedy =
        'kernel packages need apt of Debian or Ubuntu; on other systems give an image: --sut kernel:./bzImage --modules DIR';
      throw new KernelError(`${program} cannot be started: ${originalMessage ?? ''}; ${remedy}`);
    }
    return { status: exitCode, stdout, said: stderr };
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
