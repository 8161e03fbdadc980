/** Lets Vitest take `*.suite.yaml` for test files. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** The worker stands beside this file, compiled or not. */
const worker = fileURLToPath(new URL(`./suite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** Turns a suite file into a module that registers its scenarios as tests. */
export function suitePlugin(): Plugin {
  return {
    name: 'mptcp-conformance-suites',
    enforce: 'pre',
    transform(_code, id) {
      const file = id.split('?')[0] ?? id;
      if (!file.endsWith('.suite.yaml')) return undefined;
      const code = `import { registerSuite } from ${JSON.stringify(worker)};\nawait registerSuite(${JSON.stringify(file)});\n`;
      return { code, map: null };
    },
  };
}
