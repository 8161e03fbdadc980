/**
 * Mistakes of users, one a row: each ends with exit code 2, a message that names the mistake and a remedy, and no stack
 * trace.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { buildProgram, execute, plainEnvironment, PROGRAM, SCENARIO, temporaryFolder } from './testing/command.ts';

// Each row starts a process, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 4 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);

/** Files with which something is wrong, by their names. */
const FILES = {
  'text.txt': 'not what was asked for\n',
  'empty.json': '',
  'cut.json': '{"run": {"schema": 2, "scenarios": [',
  'other.json': '{"run": {}, "scenarios": []}',
  'old.json': '{"schema": 1, "version": 1, "run": {}, "scenarios": []}',
  'tabs.yaml': 'suite:\n\t- indented with a tab\n',
  'word.yaml': 'just a word\n',
  'deviations.yaml': 'deviations:\n  - scenario: a/b/c\n    reson: misspelt\n',
  'lab.yaml': 'agnet: ["ssh", "host"]\n',
};

beforeAll(() => {
  buildProgram();
  for (const [name, content] of Object.entries(FILES)) writeFileSync(at(name), content);
  mkdirSync(at('folder'));
  mkdirSync(at('no-programs'));
  symlinkSync(process.execPath, at('no-programs/node'));
}, 180_000);
afterAll(() => folder.remove());

/** How the program is called, and what its message has to contain: the mistake, and the remedy. */
interface Mistake {
  args: readonly string[];
  says: RegExp;
  env?: Readonly<Record<string, string>>;
}

/** A run that ends before its first scenario would leave its results here. */
const run = (...args: string[]): string[] => ['run', ...args, '-o', at('out')];

const MISTAKES: Readonly<Record<string, () => Mistake>> = {
  'an unknown command': () => ({ args: ['rnu'], says: /unknown command 'rnu'\n\(Did you mean run\?\)/ }),
  'an unknown option': () => ({
    args: run('--sectoin', '3.1'),
    says: /unknown option '--sectoin'\n\(Did you mean --section\?\)/,
  }),
  'an option without its value': () => ({
    args: ['run', '--section'],
    says: /'-s, --section <sections>' argument missing\n\(--help explains\)/,
  }),
  'no command at all': () => ({ args: [], says: /^Usage: mptcp-conformance/ }),
  'an unknown scenario': () => ({
    args: run('3.1-connection-initiation/no-such'),
    says: /unknown scenario "3\.1-\S+\/no-such"; did you mean/,
  }),
  'an unknown section': () => ({ args: run('--section', '9.9'), says: /unknown section "9\.9"; did you mean/ }),
  'an unknown clause': () => ({
    args: run('--clause', '3.1-20.8.s9'),
    says: /unknown clause "3\.1-20\.8\.s9"; did you mean "3\.1-20\.8\.s1"/,
  }),
  'an unknown level': () => ({ args: run('--level', 'most'), says: /unknown level "most"; did you mean "must"/ }),
  'an unknown family': () => ({ args: run('--family', 'ipv5'), says: /unknown family "ipv5"; did you mean "ipv4"/ }),
  'a choice that nothing fits': () => ({
    args: run(SCENARIO, '--section', '3.3'),
    says: /no scenario matches all selectors; see "mptcp-conformance list"/,
  }),
  'a concurrency that is not a number': () => ({
    args: run('-j', 'many'),
    says: /'many' is invalid\. Expected a whole number from 1/,
  }),
  'a seed below 1': () => ({ args: run('--shuffle', '0'), says: /'0' is invalid\. Expected a whole number from 1/ }),
  'a word that is not among the choices': () => ({
    args: run('--keep-captures', 'some'),
    says: /'some' is invalid\. Allowed choices are all, failed/,
  }),
  'an unknown stack': () => ({
    args: run('--sut', 'netnns'),
    says: /netnns: unknown kind of stack; did you mean "netns"/,
  }),
  'a stack without its file': () => ({ args: run('--sut', 'remote'), says: /needs a file; write remote:lab\.yaml/ }),
  'an option of another kind of stack': () => ({
    args: run(SCENARIO, '--modules', '/x'),
    says: /--modules is for --sut kernel/,
  }),
  'an unknown setting of the kernel': () => ({
    args: run(SCENARIO, '--sysctl', 'net.mptcp.nonsense=1'),
    says: /nonsense=1: .*no such sysctl .*; use a name that "sysctl -a" shows/,
  }),
  'a setting without a value': () => ({
    args: run('--sysctl', 'net.mptcp.enabled'),
    says: /expected NAME=VALUE, such as net\.mptcp\.checksum_enabled=1/,
  }),
  'a value that the kernel refuses': () => ({
    args: run(SCENARIO, '--sysctl', 'net.mptcp.enabled=maybe'),
    says: /=maybe: the kernel refuses the value \(EINVAL\); see/,
  }),
  'a kernel that there is not': () => ({
    args: run(SCENARIO, '--sut', 'kernel:9.99'),
    says: /kernel.* 9\.99.*(?:kernels|apt-get)/,
  }),
  'an image of a kernel that there is not': () => ({
    args: run(SCENARIO, '--sut', `kernel:${at('none')}`),
    says: /none: cannot be read: ENOENT.*; give one of .*bzImage/,
  }),
  'an image that is not a kernel': () => ({
    args: run(SCENARIO, '--sut', `kernel:${at('text.txt')}`),
    says: /text\.txt: not a kernel image; give one of .*bzImage/,
  }),
  'no Docker daemon': () => ({
    args: run(SCENARIO, '--sut', 'docker'),
    says: /no Docker daemon answers at unix:\/\/\/nonexistent\.sock.*; start it/,
    env: { DOCKER_HOST: 'unix:///nonexistent.sock' },
  }),
  'a lab file that there is not': () => ({
    args: run(SCENARIO, '--sut', `remote:${at('none.yaml')}`),
    says: /none\.yaml:1:1: cannot be read: ENOENT.*; check the path/,
  }),
  'a lab file with an unknown key': () => ({
    args: run(SCENARIO, '--sut', `remote:${at('lab.yaml')}`),
    says: /unknown key "agnet"; did you mean "agent"/,
  }),
  'a deviations file that there is not': () => ({
    args: run(SCENARIO, '--deviations', at('none.yaml')),
    says: /no such deviations file: .*none\.yaml; check the path/,
  }),
  'a deviations file with a misspelt key': () => ({
    args: run(SCENARIO, '--deviations', at('deviations.yaml')),
    says: /unknown key "deviations"; expected one of: .*findings/,
  }),
  'a folder for a deviations file': () => ({
    args: run(SCENARIO, '--deviations', at('folder')),
    says: /folder:1:1: cannot be read: EISDIR.*; check the path/,
  }),
  'results that cannot be written': () => ({
    args: run(SCENARIO, '--json', at('none/results.json')),
    says: /--json .*none\/results\.json: ENOENT.*; choose a file in a folder that is there/,
  }),
  'an output folder that is a file': () => ({
    args: ['run', SCENARIO, '-o', at('text.txt')],
    says: /cannot write to the folder .*text\.txt: E(?:NOTDIR|EXIST).*; choose another --output/,
  }),
  'an output folder that cannot be made': () => ({
    args: ['run', SCENARIO, '-o', '/proc/out'],
    says: /cannot write to the folder \/proc\/out: E(?:NOENT|PERM|ACCES).*; choose another --output/,
  }),
  'a repetition of what did not fail': () => ({
    args: ['run', '--failed'],
    says: /--failed: no run has left results here; run without it first/,
  }),
  'something to leave out that there is not': () => ({
    args: run('--exclude', '3.1-connection-initiation/no-such'),
    says: /unknown scenario "3.1-connection-initiation\/no-such"/,
  }),
  'a markdown file in no folder': () => ({
    args: ['gate', at('other.json'), '--baseline', 'x.yaml', '--markdown', at('none/gate.md')],
    says: /--markdown .*gate\.md: ENOENT.*; choose a file in a folder that is there/,
  }),
  'a check whose JSON cannot be written': () => ({
    args: ['check', at('text.txt'), '--json', at('none/check.json')],
    says: /none\/check\.json.*ENOENT|ENOENT.*none/,
  }),
  'no program to make a namespace with': () => ({
    args: run(SCENARIO),
    says: /cannot start "unshare".*; install util-linux: .*apt-get install/,
    env: { PATH: at('no-programs') },
  }),
  'a scenario that did not run': () => ({
    args: ['show', SCENARIO, '-r', at('other.json')],
    says: /not the results of mptcp-conformance; give the results\.json/,
  }),
  'results that there are not': () => ({
    args: ['show', SCENARIO, '-r', at('none.json')],
    says: /none\.json: no such file; give the results\.json/,
  }),
  'results that are a folder': () => ({
    args: ['show', SCENARIO, '-r', at('folder')],
    says: /folder: EISDIR.*; give the results\.json/,
  }),
  'results that are empty': () => ({
    args: ['export', at('empty.json'), '--format', 'tap'],
    says: /empty\.json: the file is empty; run again/,
  }),
  'results that are cut': () => ({
    args: ['export', at('cut.json'), '--format', 'tap'],
    says: /cut\.json: not JSON: .*; run again/,
  }),
  'results of another version': () => ({
    args: ['export', at('old.json'), '--format', 'tap'],
    says: /old\.json: .*; give the results\.json/,
  }),
  'a file that is not results': () => ({
    args: ['merge', at('text.txt'), '-o', at('merged.json')],
    says: /text\.txt: not JSON: .*; run again/,
  }),
  'an unknown format': () => ({
    args: ['export', at('old.json'), '--format', 'xml'],
    says: /'xml' is invalid\. Allowed choices are junit, tap, ktap, github, kcidb/,
  }),
  'a clause to explain that there is not': () => ({
    args: ['explain', '3.1-999.s1'],
    says: /unknown clause "3\.1-999\.s1"; did you mean .*"mptcp-conformance clauses" lists them/,
  }),
  'an unknown section of clauses': () => ({
    args: ['clauses', '--section', '99'],
    says: /section "99"; sections with clauses: 1\.1/,
  }),
  'an unknown suite to list': () => ({
    args: ['list', '3.1-conection-initiation'],
    says: /unknown scenario "3\.1-conection-initiation"; "mptcp-conformance list" lists/,
  }),
  'a capture that there is not': () => ({
    args: ['check', at('none.pcap')],
    says: /none\.pcap: cannot be read: ENOENT.*; check the path/,
  }),
  'a capture that is a folder': () => ({
    args: ['check', at('folder')],
    says: /folder: cannot be read: EISDIR.*; check the path/,
  }),
  'a file that is not a capture': () => ({
    args: ['check', at('text.txt')],
    says: /text\.txt: is truncated: .*; record it again/,
  }),
  'a suite that there is not': () => ({
    args: ['lint', at('none.suite.yaml')],
    says: /cannot read .*none\.suite\.yaml: ENOENT.*; check the path/,
  }),
  'a file with broken YAML': () => ({
    args: ['lint', at('tabs.yaml')],
    says: /tabs\.yaml: unknown kind of file; a suite is named/,
  }),
  'a file that is none of ours': () => ({
    args: ['lint', at('word.yaml')],
    says: /word\.yaml: unknown kind of file; a suite is named/,
  }),
  'no baseline': () => ({
    args: ['gate', at('old.json')],
    says: /name a baseline: --baseline FILE, or defaults of "gate" in mptcp-conformance\.yaml/,
  }),
  'a site of results that there are not': () => ({
    args: ['site', at('none.json'), '-o', at('site')],
    says: /none\.json: no such file; give the results\.json/,
  }),
  'the same stack twice': () => ({
    args: ['matrix', '--sut', 'netns,netns', '-o', at('m')],
    says: /--sut names netns twice; name each stack once/,
  }),
  'a bisection without ends': () => ({
    args: ['bisect', SCENARIO],
    says: /required option '--good <version>' not specified/,
  }),
  'a bisection between words': () => ({
    args: ['bisect', SCENARIO, '--good', 'old', '--bad', 'new'],
    says: /kernel.* old.*kernels/,
  }),
  'an unknown kernel': () => ({ args: ['kernels', 'five'], says: /kernel.* five.*kernels/ }),
  'an unknown architecture': () => ({
    args: ['kernels', '--arch', 'sparc'],
    says: /sparc is not an architecture; valid: amd64/,
  }),
  'an unknown shell': () => ({
    args: ['completion', 'tcsh'],
    says: /'tcsh' is invalid .*Allowed choices are bash, zsh, fish/,
  }),
  'an expectation that there is not': () => ({
    args: ['mutants', 'no/such'],
    says: /unknown scenario "no\/such"; "mptcp-conformance list" lists/,
  }),
  'a fault that there is not': () => ({
    args: ['prove', 'no-such-fault'],
    says: /no fault matches "no-such-fault"; "mptcp-conformance reference" lists/,
  }),
  'a sample below 1': () => ({
    args: ['prove', '--sample', '0'],
    says: /'0' is invalid\. Expected a whole number from 1/,
  }),
  'a freedom that there is not': () => ({
    args: ['freedoms', 'no-such-freedom'],
    says: /no freedom "no-such-freedom".*(?:lists them|expected one of)/,
  }),
  'a word that the reference stack does not know': () => ({
    args: ['reference', 'no-such'],
    says: /no freedom or fault matches no-such; "mptcp-conformance reference" lists/,
  }),
};

describe.concurrent('says what is wrong and what to do:', () => {
  for (const [name, mistake] of Object.entries(MISTAKES)) {
    test(name, async ({ expect }) => {
      const { args, says, env } = mistake();
      const { code, stderr } = await execute([process.execPath, PROGRAM, ...args], {
        cwd: folder.path,
        env: { ...plainEnvironment(), ...env },
      });
      expect(stderr).toMatch(says);
      expect(stderr, 'no stack trace').not.toMatch(/^\s+at .*[:(]/m);
      expect(code).toBe(2);
    });
  }
});
