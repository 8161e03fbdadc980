/** The agent of docs/examples, on a bench whose addresses are fixed: verdicts or skips, and no error. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResults } from '../report/results-file.ts';
import { CABLE, inNamespaces, MAKE_BENCH } from './testing/bench.ts';
import {
  buildProgram,
  execute,
  mptcpConformance,
  PROGRAM,
  ROOT,
  SCENARIO,
  temporaryFolder,
} from './testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const AGENT = join(ROOT, 'docs', 'examples', 'minimal-agent.py');
/** Needs two links. */
const JOIN = '3.2-starting-a-new-subflow/open-handshake/mp-join-fields';

beforeAll(() => buildProgram(), 120_000);
afterAll(() => folder.remove());

const BENCH = `
${MAKE_BENCH}${CABLE}
cd "$1"
cat > lab.yaml <<END
sut: acme-os
agent: [nsenter, --target, "$bench", --net, --, python3, "$2"]
links:
  - device: cable
    sut-device: lan
    address: { ipv4: 10.1.1.1/24, ipv6: "fd00:1::1/64" }
    sut-address: { ipv4: 10.1.1.2/24, ipv6: "fd00:1::2/64" }
    sut-hardware-address: "$(address "$there" lan)"
END
shift 2
"$@"
`;

function besideBench(...command: string[]) {
  const shell = ['bash', '-c', BENCH, 'bench', folder.path, AGENT];
  return execute([...inNamespaces(), ...shell, ...command]);
}

test('what the agent has is judged, the rest is skipped with the reason', async () => {
  const run = [process.execPath, PROGRAM, 'run', '--sut', 'remote:lab.yaml', '-o', 'out', '-f', 'ipv4'];
  const { code, stdout, stderr } = await besideBench(...run, SCENARIO, JOIN, ...(await pathManagerIds()));
  expect([0, 3], `${stdout}\n${stderr}`).toContain(code);
  const { sut, scenarios } = readResults(join(folder.path, 'out', 'results.json'));
  expect(sut).toMatchObject({ name: 'acme-os', kernel: '1.0' });
  const of = (id: string) =>
    scenarios.filter((one) => one.id.startsWith(id)).map(({ verdict, reason }) => [verdict, reason]);
  expect(of(SCENARIO)).toEqual([['pass', undefined]]);
  for (const [verdict, reason] of of(JOIN)) {
    expect(verdict).toBe('skip');
    expect(reason).toMatch(/needs 2 links, the (lab|bench) has 1|does not name the feature endpoints/);
  }
  expect(scenarios.filter(({ verdict }) => verdict === 'error')).toEqual([]);
});

/** A few scenarios with the path manager. */
async function pathManagerIds(): Promise<string[]> {
  const { stdout } = await mptcpConformance('list', '--section', '3.4.1', '--json');
  return (JSON.parse(stdout) as { id: string }[]).slice(0, 4).map(({ id }) => id);
}

test('agent-check finds nothing wrong with it, and says what it does not have', async () => {
  const checked = await mptcpConformance('agent-check', 'python3', AGENT);
  expect(checked.stdout).not.toContain('✘');
  expect(checked.stdout).toMatch(/- getsockopt\n +agent: getsockopt: ENOSYS/);
  expect(checked.code).toBe(0);
});

test('agent-check finds nothing wrong with the agent of the example image', async () => {
  const checked = await mptcpConformance('agent-check', 'python3', join(ROOT, 'docker/example-python/agent.py'));
  expect(checked.stdout).not.toContain('✘');
  expect(checked.stdout).toMatch(/✔ feature settle/);
  expect(checked.code).toBe(0);
});

test('agent-check says what is wrong with an agent', async () => {
  const script =
    'echo "agent protocol=2 name=x kernel=1 pid=1 features=mptcp"; while read -r id rest; do echo "$id ok fd=1"; done';
  const { code, stdout } = await mptcpConformance('agent-check', 'sh', '-c', script);
  expect(stdout).toMatch(/✘ hello\n +answered protocol=\(absent\), expected 2/);
  expect(stdout).toMatch(/✘ an unknown command\n +was answered ok/);
  expect(stdout).toMatch(/✘ sockets, mptcp over ipv4\n +answered fd=1, expected mptcp-ipv4-lsn/);
  expect(code).toBe(1);
  const silent = await mptcpConformance('agent-check', 'false');
  expect(silent).toMatchObject({ code: 2, stderr: expect.stringMatching(/exited with status 1/) as string });
});
