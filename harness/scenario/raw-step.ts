/** Steps as YAML has them. */

/** A step as YAML has it, after the schema has seen it. */
export interface RawStep {
  send?: string;
  expect?: string;
  and?: string;
  'one-of'?: Record<string, string>;
  quiet?: string;
  allow?: string[];
  never?: string;
  from?: 'here' | 'start';
  sut?: string;
  use?: string;
  with?: Record<string, string | number | boolean>;
  repeat?: number;
  given?: string;
  steps?: RawStep[];
  distinct?: string;
  scattered?: string;
  check?: string;
  fence?: true;
  forget?: true | string;
  clause?: string | string[];
  within?: string;
  resend?: true;
  since?: 'stimulus';
}
