/** `--sut remote:lab.yaml`, with a namespace that plays the host on the bench and veth pairs for its cables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResults } from '../report/results-file.ts';
import { inNamespaces, MAKE_BENCH } from './testing/bench.ts';
import { buildProgram, execute, PROGRAM, ROOT, SCENARIO, temporaryFolder, type Ended } from './testing/command.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const AGENT = join(ROOT, 'docker', 'agent', 'mptcp-agent');
/** A scenario of two links. */
const JOIN = '3.2-starting-a-new-subflow/open-handshake/mp-join-fields';

beforeAll(() => buildProgram(), 60_000);
afterAll(() => folder.remove());

/** Says what is on the machine and on the bench before and after a command, which may be sure of `$lab` and `$bench`. */
const BENCH = `
${MAKE_BENCH}
cd "$1"
for i in 1 2; do ip link add cable$i type veth peer name lan$i netns $bench; done
cat > lab.yaml <<END
sut: linux
agent: [nsenter, --target, "$bench", --net, --, "$2"]
links:
  - { device: cable1, sut-device: lan1 }
  - { device: cable2, sut-device: lan2 }
END
look() { ip -brief link show type veth | cut -d@ -f1 | sort; $there ip -oneline address show scope global; $there sysctl net.ipv4.tcp_no_metrics_save; }
look > before
code=0
`;

/** Runs a command beside such a bench. */
function besideBench(command: string): Promise<Ended> {
  return execute([
    ...inNamespaces(),
    'bash',
    '-c',
    `${BENCH}\n${command}\nlook > after\nexit $code`,
    'bench',
    folder.path,
    AGENT,
  ]);
}

test('a host on a bench is judged over its cables, and both are left as they were', async () => {
  const { code, stdout, stderr } = await besideBench(
    `"${process.execPath}" "${PROGRAM}" run --sut remote:lab.yaml -o out ${SCENARIO} ${JOIN} || code=$?`,
  );
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  const { sut, scenarios } = readResults(at('out/results.json'));
  expect(sut).toMatchObject({ name: 'linux', kind: 'remote' });
  expect(scenarios.length).toBeGreaterThanOrEqual(4);
  expect(
    scenarios
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ id, verdict, reason }) => `${id}: ${verdict} ${reason ?? ''}`),
  ).toEqual([]);
  expect(readFileSync(at('after'), 'utf8')).toBe(readFileSync(at('before'), 'utf8'));
  expect(readFileSync(at('before'), 'utf8')).toMatch(/^cable1\ncable2\n/);
});

test("a stack of another name gets none of Linux's declared deviations", async () => {
  const { code, stdout, stderr } = await besideBench(
    `sed -i 's/sut: linux/sut: acme-os/' lab.yaml
     "${process.execPath}" "${PROGRAM}" run --sut remote:lab.yaml -o acme 3.1-connection-initiation/responder-checksum/missing-on-first-data#ipv4 || code=$?`,
  );
  expect(stderr).toMatch(/no declared deviations: .* has no acme-os-/);
  expect(stdout).not.toMatch(/depart as declared/);
  expect(code).toBe(1);
  const build = expect.stringMatching(/^#/) as string;
  expect(readResults(at('acme/results.json')).sut).toMatchObject({ name: 'acme-os', build });
});

test.each([
  [
    'an interface that is not there',
    's/cable2/cable9/',
    /lab\.yaml: interface cable9 cannot be moved into the run: .*"ip link" lists the interfaces/s,
  ],
  ['an agent that does not start', 's#, --, .*#, --, /no/agent]#', /agent linux .*\/no\/agent/s],
  ['a word that labs do not have', 's/links:/cables:/', /lab\.yaml:3.*cables/s],
])('%s: exit code 2, and nothing has moved', async (_what, edit, message) => {
  const { code, stderr } = await besideBench(
    `sed -i '${edit}' lab.yaml; "${process.execPath}" "${PROGRAM}" run --sut remote:lab.yaml -o none ${SCENARIO} || code=$?`,
  );
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(readFileSync(at('after'), 'utf8')).toBe(readFileSync(at('before'), 'utf8'));
});
