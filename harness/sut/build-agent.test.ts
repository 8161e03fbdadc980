import { cp, mkdtemp, mkdir, rm, stat, utimes, writeFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentBuildError, ensureAgent } from './build-agent.ts';

let root: string;
let folder: string;
const path = process.env['PATH'];

/** A tree with the true Makefile and a program that compiles in no time. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'agent-build-'));
  folder = join(root, 'docker', 'agent');
  await mkdir(folder, { recursive: true });
  await cp(fileURLToPath(new URL('../../docker/agent/Makefile', import.meta.url)), join(folder, 'Makefile'));
  await writeFile(join(folder, 'main.c'), 'int main(void) { return 0; }\n');
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rm(root, { recursive: true, force: true });
});

async function age(name: string, seconds: number): Promise<void> {
  const time = new Date(Date.now() - seconds * 1000);
  await utimes(join(folder, name), time, time);
}

test('builds once, and again only when a source is newer', async () => {
  await age('main.c', 100);
  await age('Makefile', 100);
  const [program, same] = await Promise.all([ensureAgent(root), ensureAgent(root)]);
  expect(same).toBe(program);
  const built = await stat(program);
  await ensureAgent(root);
  expect((await stat(program)).ino).toBe(built.ino);
  await age('mptcp-agent', 50);
  await age('main.c', 10);
  await ensureAgent(root);
  expect((await stat(program)).mtimeMs).toBeGreaterThan(Date.now() - 10_000);
  expect(await readdir(join(folder, 'build'))).toEqual([]);
});

test('shows what the compiler says', async () => {
  await writeFile(join(folder, 'main.c'), 'int main(void) { return nothing; }\n');
  await expect(ensureAgent(root)).rejects.toThrow(/could not be built; .*\n[^]*nothing/);
});

test('tells the remedy when make or the compiler is missing', async () => {
  process.env['PATH'] = folder;
  await expect(ensureAgent(root)).rejects.toThrow(/make is missing: apt-get install build-essential/);
  process.env['PATH'] = path;
  await writeFile(join(folder, 'Makefile'), 'all:\n\tPATH=/nonexistent; cc -o x main.c\n');
  await expect(ensureAgent(root)).rejects.toThrow(/cc is missing: apt-get install build-essential/);
});

test('tells that the sources are missing', async () => {
  await rm(join(folder, 'Makefile'));
  await expect(ensureAgent(root)).rejects.toBeInstanceOf(AgentBuildError);
});
