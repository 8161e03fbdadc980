/** The formats that results can be exported in, each with what `export --help` says of it. */
export const EXPORT_FORMATS = {
  junit: "JUnit XML of Jenkins' schema; GitLab, GitHub and others read it",
  tap: 'TAP version 14',
  ktap: 'KTAP version 1, the format of the kernel',
  github: 'annotations of GitHub Actions, one for each broken clause',
  kcidb: "KernelCI's I/O schema 5.3",
} as const;

/** A word for `export --format`. */
export type ExportFormat = keyof typeof EXPORT_FORMATS;
