/** Holds the rule that public functions, types and methods have doc comments, which begin with the thing that they are about. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const HARNESS = join(import.meta.dirname, '..', 'harness');
const files = readdirSync(HARNESS, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.(test|bench|fixture)\.ts$|(^|\/)testing\//.test(name),
);

/** "What it does": a clause in the place of a noun. */
const CLEFT = /^\s*(?:\/\*\*|\*|\/\/) (?:What|That which)\b/;

interface Declared {
  node: ts.Node;
  name: string;
}

/** Exported declarations, and the public methods of exported classes that no interface describes. */
function declared(source: ts.SourceFile): Declared[] {
  return source.statements.flatMap((statement): Declared[] => {
    if (!ts.canHaveModifiers(statement) || ts.isExportDeclaration(statement)) return [];
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    const name = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations[0]?.name.getText()
      : (statement as ts.DeclarationStatement).name?.getText();
    const members = ts.isClassDeclaration(statement) && !isDescribed(statement) ? statement.members : [];
    return [{ node: statement, name: name ?? '' }, ...members.flatMap((member) => publicMember(member, name ?? ''))];
  });
}

function isDescribed({ heritageClauses }: ts.ClassDeclaration): boolean {
  return heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ImplementsKeyword) === true;
}

function publicMember(member: ts.ClassElement, owner: string): Declared[] {
  if (!ts.isMethodDeclaration(member) && !ts.isGetAccessor(member)) return [];
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override;
  if (ts.isPrivateIdentifier(member.name) || (ts.getCombinedModifierFlags(member) & hidden) !== 0) return [];
  return [{ node: member, name: `${owner}.${member.name.getText()}` }];
}

/** Declarations without a doc comment, as `file:line name`; one of several overloads is enough. */
function undocumented(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const all = declared(source);
  const has = ({ node }: Declared): boolean => ts.getJSDocCommentsAndTags(node).length > 0;
  const documented = new Set(all.filter(has).map(({ name }) => name));
  return all
    .filter(({ name }) => !documented.has(name))
    .map(({ node, name }) => `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${name}`);
}

test('every exported declaration and public method has a doc comment', () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => undocumented(file, readFileSync(join(HARNESS, file), 'utf8')))).toEqual([]);
});

test('comments begin with the thing, not with a clause', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(HARNESS, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (CLEFT.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

test('the check sees what lacks a comment', () => {
  const text = [
    'export const a = 1;',
    '/** B. */',
    'export class B {',
    '  c(): void {}',
    '  #d(): void {}',
    '}',
    'function e(): void {}',
    '/** F. */',
    'export interface F {}',
  ].join('\n');
  expect(undocumented('x.ts', text)).toEqual(['x.ts:1 a', 'x.ts:4 B.c']);
});
