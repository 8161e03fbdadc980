/** Expands `for-each` of a suite: variables, their values, and the part of an id that names them. Pure. */
import type { Family } from '../packet/types.ts';

/** A value as YAML has it. */
export type Scalar = string | number | boolean;

/**
 * A variable's values: a list of words that stand in ids as they are; or values by label, where an id has the label. A
 * label may give a row: values of several variables that belong together, the variable itself having the label unless
 * the row gives it too.
 */
type Values = readonly Scalar[] | Readonly<Record<string, Scalar | Readonly<Record<string, Scalar>>>>;

/** Variables and their values, in the order of the file. */
export type ForEach = Readonly<Record<string, Values>>;

/** One combination of the values of a `for-each`. */
export interface Combination {
  /** Parameters as ids and results show them: each variable with its word or label. */
  labels: Record<string, string>;
  /** The values of `${name}`, with the further variables of rows. */
  variables: Record<string, string>;
}

/** The characters of an id. None has a meaning to a shell where ids use it. */
const ID = /^[a-z0-9./=,#-]+$/;

/** A word that may stand in an id for a value: what separates the parts of an id is not in it. */
const LABEL = /^[a-z0-9.-]+$/;

/** Whether a scenario's id consists of `a-z 0-9 . / = , # -` alone. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** Whether a value may stand in an id as it is, or else needs a label. */
function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** A label for a value that cannot be one itself; a proposal for people. */
export function proposedLabel(value: string): string {
  const label = value
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? 'other' : label;
}

/** Every combination of the values, the last variable changing fastest; one without variables when there are none. */
export function combinationsOf(variables: ForEach): Combination[] {
  return Object.entries(variables).reduce<Combination[]>(
    (found, [name, values]) => {
      const choices = choicesOf(name, values);
      return found.flatMap((one) =>
        choices.map(({ label, given }) => ({
          labels: { ...one.labels, [name]: label },
          variables: { ...one.variables, ...given },
        })),
      );
    },
    [{ labels: {}, variables: {} }],
  );
}

/** One value of a variable: what an id says, and the variables that it sets. */
interface Choice {
  label: string;
  given: Record<string, string>;
}

/** The values of one variable. */
function choicesOf(name: string, values: Values): Choice[] {
  if (isList(values)) return values.map((value) => ({ label: String(value), given: { [name]: String(value) } }));
  return Object.entries(values).map(([label, value]) => {
    const row: Readonly<Record<string, Scalar>> = typeof value === 'object' ? value : { [name]: value };
    const given = Object.fromEntries(Object.entries(row).map(([key, one]) => [key, String(one)]));
    return { label, given: { [name]: label, ...given } };
  });
}

/** The part of an id after the `#`: `length=3,ipv4`. */
export function variantSuffix(labels: Readonly<Record<string, string>>, family: Family): string {
  return [...Object.entries(labels).map(([key, value]) => `${key}=${value}`), family].join(',');
}

/** A value that stands in ids and cannot: where it is, as a path below `for-each`, and what it is. */
export interface BadLabel {
  path: (string | number)[];
  text: string;
  /** Whether it is a label already, or a value in a list that needs one. */
  isKey: boolean;
}

/** Values and labels that an id cannot have. */
export function badLabels(variables: ForEach): BadLabel[] {
  return Object.entries(variables).flatMap(([name, values]): BadLabel[] =>
    isList(values)
      ? values.flatMap((value, index) =>
          isLabel(String(value)) ? [] : [{ path: [name, index], text: String(value), isKey: false }],
        )
      : Object.keys(values)
          .filter((label) => !isLabel(label))
          .map((label) => ({ path: [name, label], text: label, isKey: true })),
  );
}

function isList(values: Values): values is readonly Scalar[] {
  return Array.isArray(values);
}
