/** JSON Schemas of the files that people write, and what their errors mean in words. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { suggestion, type Diagnostic, type DiagnosticCode, type NodePath } from './diagnostic.ts';
import { projectFile } from './project-file.ts';

/** A parsed file that can say where its nodes are. */
interface Checkable {
  /** The content as plain values. */
  readonly value: unknown;
  /** A value as the file has it. */
  written(path: NodePath): string;
  diagnose(path: NodePath, code: DiagnosticCode, message: string): Diagnostic;
  diagnoseKey(path: NodePath, key: string, code: DiagnosticCode, message: string): Diagnostic;
}

const compiled = new Map<string, ValidateFunction>();

/**
 * The validator of a JSON Schema (draft 2020-12) of this package; compiled once.
 *
 * @param path below the package's root: `suites/schema/suite.schema.json`
 * @param others schemas that it refers to by their `$id`
 * @throws Error when it does not exist or is not a schema
 */
export function projectSchema(path: string, others: readonly string[] = []): ValidateFunction {
  const known = compiled.get(path);
  if (known !== undefined) return known;
  const read = (file: string): object => JSON.parse(readFileSync(projectFile(file), 'utf8')) as object;
  // Alternatives that require different keys of one map are what strictRequired would forbid.
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    verbose: true,
  });
  for (const other of others) ajv.addSchema(read(other));
  const validate = ajv.compile(read(path));
  compiled.set(path, validate);
  return validate;
}

/** A departure from a schema. */
export interface SchemaProblem extends Diagnostic {
  /** Path of the value that departs; of the key that is unknown or missing. */
  readonly path: NodePath;
}

/** Every way in which a file departs from a schema, in the order of the file. */
export function schemaProblems(file: Checkable, validate: ValidateFunction): SchemaProblem[] {
  if (validate(file.value)) return [];
  const problems = telling(validate.errors ?? []).map((error) => describe(file, error));
  return problems.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
}

/** Leaves out errors that only repeat what others say. */
function telling(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const isBranch = (error: ErrorObject): boolean => /\/(?:anyOf|oneOf)\/\d+\//.test(error.schemaPath);
  const rest = errors.filter(
    (error) => error.keyword !== 'propertyNames' && error.keyword !== 'if' && !isBranch(error),
  );
  return rest.length > 0 ? rest : errors;
}

interface SchemaNode {
  properties?: object;
  description?: string;
  examples?: string[];
}

function describe(file: Checkable, error: ErrorObject): SchemaProblem {
  const path = pointerPath(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const schema = error.parentSchema as SchemaNode | undefined;
  const unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof unknown === 'string') {
    const known = Object.keys(schema?.properties ?? {});
    const message = `unknown key "${unknown}"${suggestion(unknown, known)}`;
    return { ...file.diagnoseKey(path, unknown, 'UNKNOWN_KEY', message), path: [...path, unknown] };
  }
  if (error.propertyName !== undefined) {
    const message = `"${error.propertyName}" is not a valid name${explain(error, schema)}`;
    const key = error.propertyName;
    return { ...file.diagnoseKey(path, key, 'SCHEMA', message), path: [...path, key] };
  }
  if (error.keyword === 'required') {
    const key = String(params['missingProperty']);
    return { ...file.diagnose(path, 'SCHEMA', `${nameOf(path)} lacks "${key}"; add it`), path: [...path, key] };
  }
  const message = `${nameOf(path)}: ${whatIsWrong(error, schema, file.written(path))}`;
  return { ...file.diagnose(path, 'SCHEMA', message), path };
}

/** @param written the value as the file has it: 6.10, where the parser reads 6.1 */
function whatIsWrong(error: ErrorObject, schema: SchemaNode | undefined, written: string): string {
  const params = error.params as Record<string, unknown>;
  const got = JSON.stringify(error.data);
  switch (error.keyword) {
    case 'enum': {
      const word = typeof error.data === 'string' ? error.data : got;
      return `${got} is not valid here${suggestion(word, (params['allowedValues'] as unknown[]).map(String))}`;
    }
    case 'type': {
      const wanted = [params['type']].flat().map(String);
      const remedy = mayBeQuoted(wanted, error.data) ? `; quote it: "${written}"` : '';
      return `expected ${wanted.join(' or ')}, got ${got}${schema?.examples === undefined ? remedy : explain(error, schema)}`;
    }
    case 'pattern':
      return `${got} has the wrong format${explain(error, schema)}`;
    case 'minLength':
      return `too short: ${got}; expected at least ${String(params['limit'])} characters`;
    case 'minItems':
    case 'minProperties':
      return `too few entries; expected at least ${String(params['limit'])}`;
    case 'uniqueItems':
      return 'the list has a duplicate item; remove one';
    case 'anyOf': {
      const keys = (error.schema as { required?: string[] }[]).flatMap((branch) => branch.required ?? []);
      return keys.length > 0 ? `expected one of ${keys.join(', ')}; add one` : (error.message ?? 'nothing valid');
    }
    default:
      return `${error.message ?? 'does not match the schema'}, got ${got}`;
  }
}

/** Why a form is wrong: what the schema says of it, or else the form itself. */
function explain(error: ErrorObject, schema: SchemaNode | undefined): string {
  const { pattern } = error.params as { pattern?: string };
  const example = schema?.examples?.[0];
  const described =
    schema?.description?.replace(/\.$/, '') ?? (pattern === undefined ? undefined : `it must match ${pattern}`);
  const written = example === undefined ? undefined : `write it as in ${example}`;
  return [described, written]
    .filter((part) => part !== undefined)
    .map((part, i) => (i === 0 ? `: ${part}` : `; ${part}`))
    .join('');
}

function mayBeQuoted(wanted: readonly string[], got: unknown): boolean {
  return wanted.includes('string') && (typeof got === 'number' || typeof got === 'boolean');
}

function nameOf(path: NodePath): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

/** A JSON Pointer as a path; which parts are indexes is for the document to tell. */
function pointerPath(pointer: string): NodePath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
