/** Writes what `check` found as JSON while it is found: a large capture has more connections than memory has room for. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { FileReport } from './file-report.ts';
import type { CheckedConnection } from './narrow.ts';
import type { Overview } from './overview.ts';

/** Bytes collected before they are written. */
const CHUNK = 256 * 1024;

/** A document `{ schemaVersion, files: [{ file, connections: [...], ... }], overview }`, written from front to back. */
export class CheckJson {
  readonly #path: string;
  readonly #temporary: string;
  /** Undefined for standard output, and once the file is closed. */
  #fd: number | undefined;
  #text = '{"schemaVersion":1,"files":[';
  #files = 0;
  #connections = 0;

  /** @param path a file, or `-` for standard output @throws Error when the file cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#fd = path === '-' ? undefined : openSync(this.#temporary, 'w');
  }

  /** A capture begins. */
  beginFile(file: string): void {
    this.#put(`${this.#files++ === 0 ? '' : ','}\n{"file":${JSON.stringify(file)},"connections":[`);
    this.#connections = 0;
  }

  /** Writes the report of one connection. */
  connection(report: CheckedConnection): void {
    this.#put(`${this.#connections++ === 0 ? '' : ','}\n${JSON.stringify(report)}`);
  }

  /** The capture is over: what is said of it as a whole follows. */
  endFile(report: FileReport): void {
    const rest = JSON.stringify({ ...report, file: undefined, connections: undefined });
    this.#put(`],${rest.slice(1)}`);
  }

  /** All captures were read. The file is renamed only now, so that no reader sees half of it. */
  end(overview: Overview): void {
    this.#put(`\n],"overview":${JSON.stringify(overview)}}\n`);
    this.#flush();
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    renameSync(this.#temporary, this.#path);
  }

  /** Nothing came of it. */
  abandon(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    rmSync(this.#temporary, { force: true });
  }

  #put(text: string): void {
    this.#text += text;
    if (this.#text.length > CHUNK) this.#flush();
  }

  #flush(): void {
    if (this.#fd === undefined) process.stdout.write(this.#text);
    else writeSync(this.#fd, this.#text);
    this.#text = '';
  }
}
