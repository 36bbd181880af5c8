/**
 * The calls of a module that are known to give no promise, and to be left alone: those of the language's own synchronous
 * functions, and those of names that the module itself shows to be synchronous.
 *
 * Names count for a whole module: one is known only if every declaration of it, in whatever scope, says the same.
 */
import { bare, childrenOf, isCall, isFunction, isMember, keyName, namesIn } from "./syntax.ts";
import type { SyntaxNode } from "./syntax.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Objects of the language whose functions are synchronous. */
const syncObjects = words(`Math JSON console Object Number String Symbol BigInt Boolean Date Array
  performance Buffer Intl Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array Float32Array
  Float64Array process`);

const syncFunctions =
  words(`parseInt parseFloat isNaN isFinite String Number Boolean BigInt Symbol Object Array
  Date RegExp Error TypeError RangeError encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape
  structuredClone clearTimeout clearInterval clearImmediate queueMicrotask require atob btoa`);

/** Methods that texts, numbers, lists, maps and the like have, and nobody else would name so. */
const syncMethods =
  words(`charAt charCodeAt codePointAt startsWith endsWith indexOf lastIndexOf substring substr
  trim trimStart trimEnd padStart padEnd toUpperCase toLowerCase localeCompare normalize toFixed toPrecision
  toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable splice unshift concat
  reverse toSorted toReversed toSpliced flat copyWithin subarray getTime getFullYear toISOString replaceAll matchAll
  removeListener removeAllListeners removeEventListener unref hasRef setUint8 getUint8 setUint16 getUint16
  setUint32 getUint32 setInt32 getInt32 setFloat64 getFloat64`);

/** Classes of the language whose methods are synchronous. */
const syncClasses =
  words(`Array Map Set WeakMap WeakSet Date RegExp String Uint8Array Uint8ClampedArray
  Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array BigInt64Array BigUint64Array
  ArrayBuffer SharedArrayBuffer DataView URL URLSearchParams TextEncoder TextDecoder ReadonlyArray ReadonlyMap
  ReadonlySet`);

const syncTypes =
  words(`TSNumberKeyword TSStringKeyword TSBooleanKeyword TSVoidKeyword TSBigIntKeyword
  TSSymbolKeyword TSUndefinedKeyword TSNullKeyword TSNeverKeyword TSArrayType TSTupleType TSLiteralType
  TSTypePredicate TSTemplateLiteralType`);

const plainValues =
  words(`StringLiteral NumericLiteral BooleanLiteral NullLiteral BigIntLiteral RegExpLiteral
  TemplateLiteral ObjectExpression ArrayExpression FunctionExpression ArrowFunctionExpression ClassExpression
  BinaryExpression UpdateExpression AwaitExpression JSXElement JSXFragment`);

/** Whether an expression can be no promise, by what it is. */
export function isPlain(expression: SyntaxNode): boolean {
  const node = bare(expression);
  if (node.type === "UnaryExpression") return true;
  return plainValues.has(node.type);
}

/** Whether a type annotation leaves no room for a promise. */
function isSyncType(annotation: SyntaxNode | null | undefined): boolean {
  const type: SyntaxNode | undefined = annotation?.["typeAnnotation"];
  if (type === undefined) return false;
  const parts: SyntaxNode[] = type.type === "TSUnionType" ? type["types"] : [type];
  return parts.every(
    (part) =>
      syncTypes.has(part.type) ||
      (part.type === "TSTypeReference" && syncClasses.has(part["typeName"].name)),
  );
}

/** What the declarations of one name say. */
interface Declared {
  /** Synchronous functions that it is declared as, whose returns have to be looked at. */
  functions: SyntaxNode[];
  /** Whether it is ever something that is not known to have synchronous methods only. */
  open: boolean;
  /** Whether it is ever something else than a synchronous function. */
  other: boolean;
}

const nowhere = { start: 0, end: 0, loc: { start: { line: 1, column: 0 } } };

const returnsNothing: SyntaxNode = {
  type: "ArrowFunctionExpression",
  ...nowhere,
  body: { type: "NullLiteral", ...nowhere },
};

export class KnownCalls {
  readonly #declared = new Map<string, Declared>();
  readonly #sync = new Set<string>();
  /** Those that are ever declared as async functions. */
  readonly #async = new Set<string>();
  /** The functions that are members of classes and objects, by their names. */
  readonly #members = new Map<string, SyntaxNode[]>();
  /** The functions given to `new Promise`. */
  readonly #executors = new Set<SyntaxNode>();
  /** How often a name stands as that of a parameter, or of the variable of a loop. */
  readonly #handed = new Map<string, number>();
  /** How often a name is declared. */
  readonly #declarations = new Map<string, number>();
  /** How often a name occurs at all. */
  readonly #occurrences = new Map<string, number>();
  /** How often a name occurs where at most the length of what it is given is looked at. */
  readonly #glances = new Map<string, number>();

  constructor(program: SyntaxNode) {
    this.#collect(program);
    this.#settle();
  }

  /** The names of async functions among a call's arguments. */
  asyncPassed(call: SyntaxNode): string[] {
    return call["arguments"].flatMap((each: SyntaxNode): string | string[] => {
      const passed = unbound(bare(each));
      if (passed.type === "Identifier")
        return this.#async.has(passed["name"]) ? passed["name"] : [];
      if (!isMember(passed) || passed["object"].type !== "ThisExpression") return [];
      const name = keyName(passed["property"], passed["computed"]);
      return name !== null && this.#isAsyncMember(name) ? name : [];
    });
  }

  /** Whether what is called has come as an argument, or out of a list: by whatever name it was declared elsewhere. */
  isHanded(call: SyntaxNode): boolean {
    const { type, name } = bare(call["callee"]);
    const times = type === "Identifier" ? this.#handed.get(name) : undefined;
    return times !== undefined && times === this.#declarations.get(name);
  }

  /** Whether nobody looks at what a variable is given, but perhaps at how long that is. */
  isUnread(declarator: SyntaxNode): boolean {
    const { type, name } = declarator["id"];
    return (
      type === "Identifier" &&
      this.#declarations.get(name) === 1 &&
      this.#occurrences.get(name) === this.#glances.get(name) &&
      !this.#occurrences.has("eval")
    );
  }

  /** Whether a name is that of one async method, and of nothing else in the module. */
  #isAsyncMember(name: string): boolean {
    const [member, ...others] = this.#members.get(name) ?? [];
    const isAlone = others.length === 0 && !this.#declared.has(name);
    return isAlone && member?.["async"] === true && !member["generator"];
  }

  /** Whether a call is to be left alone. */
  isSync(call: SyntaxNode): boolean {
    const callee = bare(call["callee"]);
    if (callee.type === "Identifier") return this.#isSyncName(callee["name"]);
    if (callee.type === "Super" || callee.type === "Import") return true;
    if (!isMember(callee)) return false;
    const method = keyName(callee["property"], callee["computed"]);
    if (method !== null && syncMethods.has(method)) return true;
    const object = bare(callee["object"]);
    switch (object.type) {
      case "Identifier":
        return this.#hasSyncMethods(object["name"]) && method !== "fromAsync";
      case "StringLiteral":
      case "TemplateLiteral":
      case "RegExpLiteral":
      case "ArrayExpression":
        return true;
      default:
        return isMember(object) && rootName(object) === "process";
    }
  }

  #isSyncName(name: string): boolean {
    const declared = this.#declared.get(name);
    if (declared !== undefined) return this.#sync.has(name);
    // Helpers that compilers add, which the scanners of CommonJS exports look for by name.
    return syncFunctions.has(name) || name.startsWith("__");
  }

  #hasSyncMethods(name: string): boolean {
    const declared = this.#declared.get(name);
    return declared === undefined ? syncObjects.has(name) : !declared.open;
  }

  #declare(name: string, value: SyntaxNode | null, annotation?: SyntaxNode | null): void {
    count(this.#declarations, name);
    let declared = this.#declared.get(name);
    if (declared === undefined) {
      declared = { functions: [], open: false, other: false };
      this.#declared.set(name, declared);
    }
    const bareValue = value === null ? null : bare(value);
    if (bareValue !== null && isFunction(bareValue)) {
      declared.open = true;
      if (bareValue["async"]) this.#async.add(name);
      if (bareValue["async"] || bareValue["generator"]) declared.other = true;
      else declared.functions.push(bareValue);
      return;
    }
    declared.other = true;
    if (!isSyncType(annotation) && !hasSyncMethods(bareValue)) declared.open = true;
  }

  #declarePattern(pattern: SyntaxNode | null): void {
    if (pattern === null) return;
    const inner = pattern.type === "AssignmentPattern" ? pattern["left"] : pattern;
    if (inner.type === "Identifier") {
      this.#declare(inner["name"], null, inner["typeAnnotation"]);
    } else for (const name of namesIn(inner)) this.#declare(name, null);
  }

  #collect(node: SyntaxNode): void {
    switch (node.type) {
      case "Identifier":
        count(this.#occurrences, node["name"]);
        break;
      case "MemberExpression":
        if (
          node["object"].type === "Identifier" &&
          keyName(node["property"], node["computed"]) === "length"
        )
          count(this.#glances, node["object"].name);
        break;
      case "ExportNamedDeclaration":
        for (const { id } of node["declaration"]?.declarations ?? [])
          for (const name of namesIn(id)) count(this.#occurrences, name);
        break;
      case "FunctionDeclaration":
        if (node["id"]) this.#declare(node["id"].name, node);
        break;
      case "VariableDeclarator":
        if (node["id"].type === "Identifier") {
          count(this.#glances, node["id"].name);
          // `let x;` says nothing; what is assigned to it does.
          if (node["init"] || node["id"].typeAnnotation)
            this.#declare(node["id"].name, node["init"] ?? null, node["id"].typeAnnotation);
          else this.#declare(node["id"].name, null);
        } else this.#declarePattern(node["id"]);
        break;
      case "AssignmentExpression":
        if (node["left"].type === "Identifier") {
          if (node["operator"] !== "+=") this.#declare(node["left"].name, node["right"]);
        } else this.#declarePattern(node["left"]);
        break;
      case "ForOfStatement":
      case "ForInStatement":
        if (node["left"].type !== "VariableDeclaration") this.#declarePattern(node["left"]);
        else
          for (const { id } of node["left"].declarations)
            for (const name of namesIn(id)) count(this.#handed, name);
        break;
      case "CatchClause":
        this.#declarePattern(node["param"] ?? null);
        break;
      case "NewExpression":
        this.#declareSettlers(node);
        break;
      case "ClassDeclaration":
      case "ClassExpression":
        if (node["id"]) this.#declare(node["id"].name, null);
        break;
      case "ImportSpecifier":
      case "ImportDefaultSpecifier":
      case "ImportNamespaceSpecifier":
        this.#declare(node["local"].name, null);
        break;
    }
    this.#collectMember(node);
    if (isFunction(node) && !this.#executors.has(node)) {
      if (node.type === "FunctionExpression" && node["id"]) this.#declare(node["id"].name, node);
      for (const parameter of node["params"]) {
        this.#declarePattern(parameter);
        for (const name of namesIn(parameter)) count(this.#handed, name);
      }
    }
    for (const child of childrenOf(node)) this.#collect(child);
  }

  #collectMember(node: SyntaxNode): void {
    if (!/^(?:Class|Object).*(?:Method|Property)$/.test(node.type)) return;
    const name = keyName(node["key"], node["computed"]);
    const value: SyntaxNode | null = isFunction(node) ? node : node["value"] && bare(node["value"]);
    if (name === null || value === null || !isFunction(value)) return;
    this.#members.set(name, [...(this.#members.get(name) ?? []), value]);
  }

  /** The parameters of an executor, `resolve` and `reject`, are functions that return nothing. */
  #declareSettlers(node: SyntaxNode): void {
    const executor = node["arguments"][0] && bare(node["arguments"][0]);
    if (node["callee"].name !== "Promise" || !executor || !isFunction(executor)) return;
    this.#executors.add(executor);
    for (const parameter of executor["params"])
      for (const name of namesIn(parameter)) this.#declare(name, returnsNothing);
  }

  /** Finds the names that are synchronous functions: all that do not turn out to return something unknown. */
  #settle(): void {
    for (const [name, { functions, other }] of this.#declared)
      if (!other && functions.length > 0) this.#sync.add(name);
    for (let changed = true; changed;) {
      changed = false;
      for (const name of this.#sync) {
        if (this.#declared.get(name)!.functions.every((each) => this.#returnsPlain(each))) continue;
        this.#sync.delete(name);
        changed = true;
      }
    }
  }

  #returnsPlain(node: SyntaxNode): boolean {
    if (isSyncType(node["returnType"])) return true;
    if (node["body"].type !== "BlockStatement") return this.#isPlainValue(node["body"]);
    return returnsIn(node["body"]).every((each) => this.#isPlainValue(each));
  }

  #isPlainValue(expression: SyntaxNode): boolean {
    const node = bare(expression);
    switch (node.type) {
      case "CallExpression":
      case "OptionalCallExpression":
        return this.isSync(node);
      case "ConditionalExpression":
        return this.#isPlainValue(node["consequent"]) && this.#isPlainValue(node["alternate"]);
      case "LogicalExpression":
        return this.#isPlainValue(node["left"]) && this.#isPlainValue(node["right"]);
      case "NewExpression":
        return node["callee"].type === "Identifier" && syncClasses.has(node["callee"].name);
      case "Identifier":
        return node["name"] === "undefined" || this.#declared.get(node["name"])?.open === false;
      default:
        return isPlain(node);
    }
  }
}

function count(times: Map<string, number>, name: string): void {
  times.set(name, (times.get(name) ?? 0) + 1);
}

/** The function that a call of its `bind` is made of; all else as it is. */
function unbound(node: SyntaxNode): SyntaxNode {
  if (!isCall(node)) return node;
  const callee = bare(node["callee"]);
  const isBind = isMember(callee) && keyName(callee["property"], callee["computed"]) === "bind";
  return isBind ? bare(callee["object"]) : node;
}

/** Whether what a name is given has synchronous methods only. */
function hasSyncMethods(value: SyntaxNode | null): boolean {
  switch (value?.type) {
    case "ArrayExpression":
    case "StringLiteral":
    case "TemplateLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
    case "RegExpLiteral":
      return true;
    case "NewExpression":
      return value["callee"].type === "Identifier" && syncClasses.has(value["callee"].name);
    default:
      return false;
  }
}

/** The expressions that a function's own statements return. */
function returnsIn(node: SyntaxNode): SyntaxNode[] {
  if (node.type === "ReturnStatement") return node["argument"] ? [node["argument"]] : [];
  if (isFunction(node) || node.type.startsWith("Class")) return [];
  return childrenOf(node).flatMap(returnsIn);
}

/** The name that a chain of members begins with. */
export function rootName(node: SyntaxNode): string | null {
  let root = bare(node);
  while (isMember(root)) root = bare(root["object"]);
  return root.type === "Identifier" ? root["name"] : null;
}
