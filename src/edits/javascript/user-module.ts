/** A module of the user's that is to be edited: its text, its tree, and the style that it is written in. */
import { extname } from "node:path";
import { isEsModule } from "../../observe/javascript/module-kind.ts";
import { calledAt, positionOf } from "../../observe/javascript/naming.ts";
import {
  childrenOf,
  isCall,
  isFunction,
  type ModuleSyntax,
  namesIn,
  parseWithFaults,
  type SyntaxNode,
} from "../../observe/javascript/syntax.ts";
import type { Replacement } from "../edit.ts";
import { Refusal } from "../pattern.ts";
import type { At } from "./asked.ts";

/** A range of a module's text, in UTF-16 code units, and what would stand there. */
export interface Change {
  from: number;
  to: number;
  text: string;
}

/** What a pattern makes of a module; why it leaves it alone; null where it is about something else. */
export type Changes = Change[] | Refusal | null;

const mark = "\uFEFF";

/** Where an expression stands, as far as it decides whether something can be awaited there. */
export type Surroundings =
  | { is: "async"; function: SyntaxNode }
  | { is: "top" }
  | { is: "common-js" }
  | { is: "sync"; function: SyntaxNode }
  /** A parameter, a field of a class, a namespace. */
  | { is: "elsewhere" };

export class UserModule {
  readonly file: string;
  /** Without the mark of the byte order. */
  readonly text: string;
  readonly program: SyntaxNode;
  /** Whether something can be awaited outside of any function. */
  readonly isEsModule: boolean;
  readonly #syntax: ModuleSyntax;
  readonly #faults: number;
  /** The bytes before the text. */
  readonly #ahead: number;
  readonly #parents = new Map<SyntaxNode, SyntaxNode>();
  /** Each before those in it. */
  readonly #all: SyntaxNode[] = [];
  readonly #names = new Set<string>();

  private constructor(file: string, text: string, ahead: number) {
    this.file = file;
    this.text = text;
    this.#ahead = ahead;
    this.#syntax = syntaxOf(file);
    const { program, faults } = parseWithFaults(text, this.#syntax);
    this.program = program;
    this.#faults = faults;
    this.#adopt(program);
    this.isEsModule =
      this.#syntax.module === "unknown"
        ? isEsModule(program, text, {
            typescript: this.#syntax.typescript,
            awaits: this.nodes((node) => node.type === "AwaitExpression").some(
              (node) => this.functionAround(node) === null,
            ),
          })
        : this.#syntax.module === "esm";
  }

  /** A module; or why it cannot be edited. */
  static of(file: string, bytes: Uint8Array): UserModule | Refusal {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return new Refusal(`${file} is not written in UTF-8`);
    }
    const ahead = text.startsWith(mark) ? 1 : 0;
    try {
      return new UserModule(file, text.slice(ahead), Buffer.byteLength(text.slice(0, ahead)));
    } catch {
      return new Refusal(`${file} cannot be parsed`);
    }
  }

  #adopt(node: SyntaxNode): void {
    this.#all.push(node);
    if (node.type === "Identifier" || node.type === "JSXIdentifier") this.#names.add(node["name"]);
    for (const child of childrenOf(node)) {
      this.#parents.set(child, node);
      this.#adopt(child);
    }
  }

  parent(node: SyntaxNode): SyntaxNode | null {
    return this.#parents.get(node) ?? null;
  }

  /** A node's parent, that one's, and so on. */
  *above(node: SyntaxNode): Generator<SyntaxNode> {
    for (let at = this.parent(node); at !== null; at = this.parent(at)) yield at;
  }

  /** All nodes of a kind that stand at or in one, each before those in it. */
  nodes(is: (node: SyntaxNode) => boolean, from = this.program): SyntaxNode[] {
    return from === this.program ? this.#all.filter(is) : nodesIn(from, is);
  }

  /** The calls and `new`s at a place. A chain begins where its first link does, so there may be several. */
  callsAt({ line, column }: At): readonly SyntaxNode[] {
    this.#calls ??= Map.groupBy(this.nodes(isCall), (node) => {
      const at = calledAt(node, this.text);
      return `${at.line}:${at.column}`;
    });
    return this.#calls.get(`${line}:${column}`) ?? [];
  }

  /** By where they stand. */
  #calls: Map<string, SyntaxNode[]> | undefined;

  /** The nodes of a type at a place. */
  nodesAt({ line, column }: At, type: string): SyntaxNode[] {
    return this.nodes((node) => {
      if (node.type !== type) return false;
      const at = positionOf(node);
      return at.line === line && at.column === column;
    });
  }

  /** The function that a node stands in, in whatever part of it; null outside of any. */
  functionAround(node: SyntaxNode): SyntaxNode | null {
    return [...this.above(node)].find(isFunction) ?? null;
  }

  surroundings(node: SyntaxNode): Surroundings {
    let below = node;
    for (const at of this.above(node)) {
      if (isFunction(at)) {
        const part = at["body"] === below ? "body" : at["params"].includes(below) ? "params" : "";
        if (part === "params") return { is: "elsewhere" };
        if (part === "body") return { is: at["async"] ? "async" : "sync", function: at };
      }
      const isField =
        at.type === "ClassProperty" ||
        at.type === "ClassPrivateProperty" ||
        at.type === "ClassAccessorProperty";
      if ((isField && at["value"] === below) || closed.has(at.type)) return { is: "elsewhere" };
      below = at;
    }
    return { is: this.isEsModule ? "top" : "common-js" };
  }

  /** The statement that a node stands in, with the `export` around it. */
  statement(node: SyntaxNode): SyntaxNode {
    let statement = node;
    for (const at of [node, ...this.above(node)]) {
      statement = at;
      const list = this.parent(at);
      if (list === null || isList(list, at)) return at;
      if (isStatement(at) && !list.type.startsWith("Export")) return at;
    }
    return statement;
  }

  /** Whether statements can be put before and behind one, which is not so of the body of an `if` without braces. */
  isInList(statement: SyntaxNode): boolean {
    const list = this.parent(statement);
    return list !== null && isList(list, statement);
  }

  /** A name that stands nowhere in the module yet: the wanted one, or that with a number. */
  freeName(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted}${number}`;
    return name;
  }

  get isTyped(): boolean {
    return this.#syntax.typescript;
  }

  /** What a name stands for at a node: a declarator, function, class, import, or what else declares it; null for a global. */
  declarationOf(name: string, at: SyntaxNode): SyntaxNode | null {
    for (const scope of this.above(at))
      for (const one of declarationsIn(scope)) if ([...namesOf(one)].includes(name)) return one;
    return null;
  }

  source({ start, end }: SyntaxNode): string {
    return this.text.slice(start, end);
  }

  /** The replacements of the file's bytes that changes come to; or why they cannot be made. */
  replacements(changes: readonly Change[]): Replacement[] | Refusal {
    const ordered = changes.toSorted((a, b) => a.from - b.from);
    if (!this.#staysWhole(ordered))
      return new Refusal(
        `the text of ${this.file} would mean something else if it were changed there`,
      );
    return ordered.map(({ from, to, text: put }) => ({
      from: this.#byteAt(from),
      to: this.#byteAt(to),
      bytes: Buffer.from(put),
    }));
  }

  /**
   * Whether the changed text can be parsed, with nothing wrong about it that was not before, and every statement still
   * begins where it did: without a semicolon before it, one that begins otherwise may come to go on with another.
   */
  #staysWhole(changes: readonly Change[]): boolean {
    let text = "";
    let done = 0;
    for (const { from, to, text: put } of changes) {
      text += this.text.slice(done, from) + put;
      done = to;
    }
    text += this.text.slice(done);
    try {
      const { program, faults } = parseWithFaults(text, this.#syntax);
      if (faults > this.#faults) return false;
      const begin = new Set(nodesIn(program, isStatement).map(({ start }) => start));
      return this.nodes(isStatement).every(({ start }) => {
        if (changes.some(({ from, to }) => from < start && start < to)) return true;
        const moved = (isBefore: (change: Change) => boolean): number =>
          changes
            .filter(isBefore)
            .reduce((at, { from, to, text: put }) => at + put.length - (to - from), start);
        // What is put right before a statement may be a part of it, or another.
        return (
          begin.has(moved(({ from }) => from < start)) || begin.has(moved(({ to }) => to <= start))
        );
      });
    } catch {
      return false;
    }
  }

  #byteAt(offset: number): number {
    return this.#ahead + Buffer.byteLength(this.text.slice(0, offset));
  }

  #style: Style | undefined;

  get style(): Style {
    return (this.#style ??= styleOf(this));
  }
}

function nodesIn(node: SyntaxNode, is: (node: SyntaxNode) => boolean): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (at: SyntaxNode): void => {
    if (is(at)) found.push(at);
    for (const child of childrenOf(at)) visit(child);
  };
  visit(node);
  return found;
}

/** The names that a declarator, function, class, import or clause declares. */
function* namesOf(node: SyntaxNode): Generator<string> {
  if (node.type.startsWith("Import")) yield node["local"].name;
  else if (node.type === "CatchClause") yield* namesIn(node["param"] ?? null);
  else if (node.type === "Parameters") for (const each of node["params"]) yield* namesIn(each);
  else yield* namesIn(node["id"] ?? null);
}

/** What declares names right in a node. */
function* declarationsIn(scope: SyntaxNode): Generator<SyntaxNode> {
  if (scope.type === "CatchClause") yield scope;
  if (isFunction(scope)) {
    yield { ...scope, type: "Parameters" };
    yield scope;
  }
  for (const field of ["init", "left"])
    if (scope[field]?.type === "VariableDeclaration") yield* scope[field].declarations;
  const list: unknown = scope.type === "SwitchCase" ? scope["consequent"] : scope["body"];
  if (Array.isArray(list))
    for (const each of list as SyntaxNode[]) {
      const declaration: SyntaxNode = each["declaration"] ?? each;
      if (declaration.type === "VariableDeclaration") yield* declaration["declarations"];
      else if (declaration.type === "ImportDeclaration") yield* declaration["specifiers"];
      else yield declaration;
    }
  if (isFunction(scope) || scope.type === "Program") yield* hoistedIn(scope);
}

/** The declarators of `var` below a function or program, in whatever block. */
function* hoistedIn(node: SyntaxNode): Generator<SyntaxNode> {
  for (const child of childrenOf(node)) {
    if (child.type === "VariableDeclaration" && child["kind"] === "var")
      yield* child["declarations"];
    if (!isFunction(child)) yield* hoistedIn(child);
  }
}

/** What runs statements of its own, and can await none of them. */
const closed: ReadonlySet<string> = new Set(["StaticBlock", "TSModuleBlock"]);

const isStatement = ({ type }: SyntaxNode): boolean =>
  type.endsWith("Statement") || type.endsWith("Declaration");

/** Whether a node is one of the statements in another's list of them. */
function isList(list: SyntaxNode, statement: SyntaxNode): boolean {
  if (list.type === "SwitchCase") return list["consequent"].includes(statement);
  return Array.isArray(list["body"]) && list["body"].includes(statement) && isStatement(statement);
}

function syntaxOf(file: string): ModuleSyntax {
  const extension = extname(file);
  return {
    module: extension.startsWith(".m") ? "esm" : extension.startsWith(".c") ? "cjs" : "unknown",
    typescript: /^\.[cm]?tsx?$/.test(extension),
    jsx: extension.endsWith("x"),
  };
}

/** How a module is written, by what most of it is. */
export interface Style {
  lineEnd: string;
  /** One step of indentation. */
  indent: string;
  quote: string;
  semicolon: string;
}

const ended: ReadonlySet<string> = new Set([
  "ExpressionStatement",
  "VariableDeclaration",
  "ReturnStatement",
  "ThrowStatement",
  "ImportDeclaration",
]);

function styleOf(module: UserModule): Style {
  const { text } = module;
  const lines = text.split("\n");
  const withReturn = lines.filter((line) => line.endsWith("\r")).length;
  const texts = module.nodes((node) => node.type === "StringLiteral");
  const single = texts.filter(({ start }) => text[start] === "'").length;
  const statements = module.nodes(
    (node) => ended.has(node.type) && !module.parent(node)?.type.startsWith("For"),
  );
  const open = statements.filter(({ end }) => text[end - 1] !== ";").length;
  const nested = module.nodes((node) => node.type === "BlockStatement" && node["body"].length > 0);
  return {
    lineEnd: withReturn * 2 > lines.length - 1 ? "\r\n" : "\n",
    indent: indentIn(module, nested) ?? "  ",
    quote: single * 2 > texts.length ? "'" : '"',
    semicolon: open * 2 > statements.length ? "" : ";",
  };
}

/** By how much the first statement of a block is indented beyond the line that the block begins in. */
function indentIn(module: UserModule, blocks: readonly SyntaxNode[]): string | null {
  for (const block of blocks) {
    const [outer, inner] = [block, block["body"][0]].map((node) => leadOf(module.text, node.start));
    if (inner!.isFirst && inner!.lead.startsWith(outer!.lead) && inner!.lead !== outer!.lead)
      return inner!.lead.slice(outer!.lead.length);
  }
  return null;
}

/** The white space that the line of an offset begins with, and whether nothing else stands before that offset. */
export function leadOf(text: string, offset: number): { lead: string; isFirst: boolean } {
  const begin = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(begin, offset);
  const [lead] = /^[^\S\r\n]*/.exec(before) as unknown as [string];
  return { lead, isFirst: lead === before };
}
