/** `init`: writes an example of suites of one's own. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { writeWhole } from '../../report/results-file.ts';
import { projectRoot } from '../inputs/project.ts';
import { WORKSPACE_FILE } from '../inputs/workspace.ts';

/** Writes the files. @throws UsageError when one of them exists; nothing is written then */
export function init(prefix: string): void {
  if (!/^[a-z][a-z0-9]*$/.test(prefix))
    throw new UsageError(`--prefix ${prefix}: expected lower-case letters and digits, such as acme`);
  const files = filesFor(prefix);
  const known = Object.keys(files).find((file) => existsSync(file));
  if (known !== undefined) throw new UsageError(`${known} already exists; remove it, or run "init" in another folder`);
  for (const [file, text] of Object.entries(files)) writeWhole(file, text);
  process.stdout.write(`${Object.keys(files).join('\n')}\n\nnext: mptcp-conformance run ${prefix}\n`);
}

function filesFor(prefix: string): Record<string, string> {
  const suite = join('suites', 'greeting.suite.yaml');
  const clauses = join('suites', `${prefix}.clauses.yaml`);
  return {
    [WORKSPACE_FILE]: `${editorLine(WORKSPACE_FILE, 'workspace')}# Paths are relative to this file. Uncomment what you need.
prefix: ${prefix}
suites: [suites]
# topologies: [topologies]
# baselines: [baselines]     # my-os.yaml, linux-6.18.yaml; "extends: linux-6.18" takes over the one of this package
# pics: [pics]
# defaults:
#   run: { sut: "kernel:./arch/x86/boot/bzImage", exclude: ["3.4.1"] }
#   gate: { baseline: baselines/my-os.yaml }
`,
    [clauses]: `${editorLine(clauses, 'own-clauses')}title: Requirements of our own
clauses:
  - id: ${prefix}-greeting
    level: must
    summary: The first data of a connection reaches the application as it was sent.
    broken: The application reads nothing, or other bytes.
`,
    [suite]: `${editorLine(suite, 'suite')}title: The first data of a connection
section: ${prefix}
sut: responder
scenarios:
  first-data:
    title: 100 bytes after the handshake are read by the application
    steps:
      - sut: listen
      - send: a SYN
      - expect: a SYN/ACK <mp_capable key=any>
        clause: 3.1-1.s2
      - send: a ACK
      - sut: accept
      - send: a PSH/ACK len=100
      - sut: recv bytes=100 -> bytes=100 pattern=ok
        clause: ${prefix}-greeting
`,
  };
}

/** The comment by which editors find the schema: from the package of this folder where it has one. */
function editorLine(file: string, schema: string): string {
  const local = resolve('node_modules', 'mptcp-conformance');
  const path = join(existsSync(local) ? local : projectRoot(), 'suites', 'schema', `${schema}.schema.json`);
  const short = relative(dirname(resolve(file)), path);
  const shown = existsSync(local) ? (short.startsWith('.') ? short : `./${short}`) : path;
  return `# yaml-language-server: $schema=${shown}\n`;
}
