/** Lets Vitest take `*.suite.yaml` for test files. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** The worker stands beside this file, compiled or not. */
const worker = fileURLToPath(
  new URL(`./suite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Suffix of a generated module with scenarios of many suites: see `suite-groups.ts`. */
export const GROUP_ENDING = '.suite-group';

/** Turns a suite file, or a group of them, into a module that registers their scenarios as tests. */
export function suitePlugin(): Plugin {
  return {
    name: 'mptcp-conformance-suites',
    enforce: 'pre',
    transform(_code, id) {
      const file = id.split('?')[0] ?? id;
      if (file.endsWith('.suite.yaml')) return { code: registering('registerSuite', file), map: null };
      if (file.endsWith(GROUP_ENDING)) return { code: registering('registerGroup', file), map: null };
      return undefined;
    },
  };
}

function registering(how: 'registerSuite' | 'registerGroup', file: string): string {
  return `import { ${how} } from ${JSON.stringify(worker)};\nawait ${how}(${JSON.stringify(file)});\n`;
}
