/** Memory and open files of a process and its descendants, over time. Reads /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const PAGE_KIB = 4;
/** Samples below which growth cannot be told from the start of a process. */
const ENOUGH = 12;
/** Growth from the second quarter of a process's life to the last one that is taken for a leak. */
const LEAK = { files: 64, mib: 256 };

/** Every process of this machine that can be read: parent, name, resident memory in MiB. */
function everyProcess() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // The name is in parentheses, and may hold some itself.
        const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        return state === 'Z'
          ? []
          : [{ pid: Number(pid), parent: Number(parent), name, mib: (Number(rest[19]) * PAGE_KIB) / 1024 }];
      } catch {
        return []; // It has ended since.
      }
    });
}

function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;

/** Samples of one run. */
export class Samples {
  /** By process id. */
  seen = new Map();
  peakMib = 0;
  peakFiles = 0;

  /** @param {number} root process id of the run */
  constructor(root) {
    this.root = root;
  }

  /** The run's processes now. */
  processes() {
    const all = everyProcess();
    const ours = new Set([this.root]);
    for (let before = 0; before < ours.size;) {
      before = ours.size;
      for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
    }
    return all.filter(({ pid }) => ours.has(pid));
  }

  take() {
    const now = this.processes().map((one) => ({ ...one, files: openFiles(one.pid) }));
    this.peakMib = Math.max(
      this.peakMib,
      now.reduce((sum, { mib }) => sum + mib, 0),
    );
    this.peakFiles = Math.max(this.peakFiles, ...now.map(({ files }) => files));
    for (const { pid, name, mib, files } of now) {
      const samples = this.seen.get(pid) ?? { name, mib: [], files: [] };
      samples.mib.push(mib);
      samples.files.push(files);
      this.seen.set(pid, samples);
    }
  }

  toString() {
    return `at most ${this.peakMib.toFixed(0)} MiB in all, ${this.peakFiles} open files in a process`;
  }
}

/** A line for each process that grew all its life. */
export function growth({ seen }) {
  return [...seen].flatMap(([pid, samples]) => {
    const { length } = samples.files;
    if (length < ENOUGH) return [];
    const quarter = Math.floor(length / 4);
    return Object.entries(LEAK).flatMap(([kind, allowed]) => {
      const early = mean(samples[kind].slice(quarter, 2 * quarter));
      const late = mean(samples[kind].slice(-quarter));
      const unit = kind === 'mib' ? 'MiB' : 'open files';
      return late - early > allowed
        ? [`${samples.name} (pid ${pid}): from ${early.toFixed(0)} to ${late.toFixed(0)} ${unit}`]
        : [];
    });
  });
}
