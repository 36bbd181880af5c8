/**
 * The transformation of a module's text for its observation, by insertion only: no line is added or removed,
 * and nothing that the module does changes, but that it tells the recorder (`inserted.ts`).
 *
 * Left as it was: calls known to be synchronous (`known.ts`); functions whose body cannot become a `try` block
 * (`isMovable`); what stands in `with`; types, enums and decorators.
 */
import {
  controllerOf,
  isOfMessage,
  isPluginCall,
  kindOfCall,
  pluginNames,
  processOf,
  TimerCalls,
} from "./calls.ts";
import { Edits } from "./edits.ts";
import type { Called, Drop, Given, Site, SiteKind, Transformed } from "./inserted.ts";
import { isPlain, KnownCalls } from "./known.ts";
import { isEsModule } from "./module-kind.ts";
import { settlingCalls } from "./settling.ts";
import {
  calledAt,
  givenTo,
  isIgnoring,
  isJudging,
  isLater,
  lastName,
  nameByUse,
  positionOf,
} from "./naming.ts";
import {
  bare,
  childrenOf,
  isCall,
  isErased,
  isFunction,
  isInChain,
  isMember,
  isWrapper,
  keyName,
  namesIn,
  parseModule,
} from "./syntax.ts";
import type { ModuleSyntax, SyntaxNode } from "./syntax.ts";
import { typesIn } from "./typescript-types.ts";

export interface TransformOptions extends ModuleSyntax {
  /** What the text is to call the global object; made longer where the source has that word. */
  name: string;
}

/** The transformation of a module; null where its text cannot be parsed, and is to run as it is. */
export function transform(source: string, options: TransformOptions): Transformed | null {
  try {
    return new Transformation(source, options).finish();
  } catch (error) {
    // RangeError: a tree too deep to be walked.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** What becomes of an expression's value. */
type Use =
  /** It goes elsewhere. */
  | "kept"
  /** It is used up where it stands, as something that a promise could not be. */
  | "plain"
  /** The site around it tells of it: it is awaited or returned. */
  | "taken"
  /** Nothing may be put round the expression itself. */
  | "bare"
  | { drop: Drop; by?: Given };

/** The function whose code is walked. */
interface Scope {
  /** The variable of the running call; null in code that cannot be suspended, or that is not followed. */
  running: string | null;
  asyncGenerator: boolean;
  /** Whether a `finally` of the function stands around. */
  isGuarded?: boolean;
  /** Whether a loop of the function stands around that nothing in it ends but an error. */
  goesRound?: boolean;
  function: string;
  /** What a synchronous function was given to, where its value is ignored there. */
  ignoredBy: Given | null;
}

/** A function's names: what it is told by, and what callers name it by. */
interface Naming {
  full: string;
  name: string;
}

class Transformation {
  readonly #source: string;
  readonly #program: SyntaxNode;
  readonly #edits: Edits;
  readonly #known: KnownCalls;
  readonly #timers: TimerCalls;
  readonly #pluginNames: ReadonlySet<string>;
  readonly #sites: Site[] = [];
  readonly #t: string;
  readonly #isTyped: boolean;
  readonly #module: ModuleSyntax["module"];
  #awaitsAtTop = false;

  constructor(source: string, options: TransformOptions) {
    this.#source = source;
    this.#isTyped = options.typescript;
    this.#module = options.module;
    this.#program = parseModule(source, options);
    this.#edits = new Edits(source);
    this.#known = new KnownCalls(this.#program);
    this.#timers = new TimerCalls(this.#program);
    this.#pluginNames = pluginNames(this.#program);
    let name = options.name;
    while (source.includes(name)) name += "_";
    this.#t = name;
  }

  finish(): Transformed {
    const module = `${this.#t}m`;
    const scope: Scope = {
      running: module,
      asyncGenerator: false,
      function: "<module>",
      ignoredBy: null,
    };
    const body: SyntaxNode[] = this.#program["body"];
    const first = body[0];
    const last = body.at(-1);
    if (first !== undefined && last !== undefined) {
      const site = this.#site("module", first, scope);
      this.#edits.open(startOf(first), `const ${module}=${this.#t}.m(@${site});`);
      for (const statement of body) this.#visit(statement, scope);
      this.#edits.close(last.end, `;${this.#t}.o(${module});`);
    }
    const isModule =
      this.#module === "unknown"
        ? isEsModule(this.#program, this.#source, {
            typescript: this.#isTyped,
            awaits: this.#awaitsAtTop,
          })
        : this.#program["sourceType"] === "module" || this.#awaitsAtTop;
    const types = isModule || !this.#isTyped ? null : typesIn(this.#program, this.#source, true);
    return {
      name: this.#t,
      module: isModule ? "esm" : "cjs",
      ...this.#edits.finish(),
      sites: this.#sites,
      ...(types === null ? {} : { types }),
    };
  }

  /** Adds a site, and gives its number. */
  #site(kind: SiteKind, node: SyntaxNode, scope: Scope, more: Partial<Site> = {}): number {
    const place = isCall(node) ? calledAt(node, this.#source) : positionOf(node);
    const { line, column } = place;
    return this.#sites.push({ kind, line, column, function: scope.function, ...more }) - 1;
  }

  #visitChildren(node: SyntaxNode, scope: Scope): void {
    for (const child of childrenOf(node)) this.#visit(child, scope);
  }

  #visit(node: SyntaxNode | null | undefined, scope: Scope, use: Use = "kept"): void {
    if (!node || isErased(node)) return;
    if (isFunction(node)) return this.#visitFunction(node, scope, null, null);
    if (isWrapper(node)) return this.#visit(node["expression"], scope, use);
    if (node.type.endsWith("Statement")) return this.#visitStatement(node, scope);
    switch (node.type) {
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
        return this.#visitCall(node, scope, use);
      case "TaggedTemplateExpression":
      case "ImportExpression":
        return this.#visitOtherCall(node, scope, use);
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.#visitMember(node, scope);
      case "AwaitExpression":
        return this.#visitAwait(node, scope, use);
      case "YieldExpression":
        return this.#visitYield(node, scope);
      case "SequenceExpression":
      case "LogicalExpression":
      case "ConditionalExpression":
        return this.#visitChoice(node, scope, use);
      case "UnaryExpression":
        return this.#visit(node["argument"], scope, usedByUnary(node["operator"]));
      case "BinaryExpression":
        this.#visit(node["left"], scope, "plain");
        return this.#visit(node["right"], scope, "plain");
      case "AssignmentExpression":
        return this.#visitAssignment(node, scope);
      case "VariableDeclarator":
        this.#visit(node["id"], scope);
        if (node["init"]?.type === "AwaitExpression" && this.#known.isUnread(node))
          return this.#visitAwait(node["init"], scope, { drop: "statement" });
        return this.#visitNamed(node["init"], scope, node["id"].name);
      case "AssignmentPattern":
        this.#visit(node["left"], scope);
        return this.#visitNamed(node["right"], scope, node["left"].name);
      case "ObjectProperty":
        if (node["computed"]) this.#visit(node["key"], scope, "plain");
        return this.#visitNamed(
          node["value"],
          scope,
          keyName(node["key"], node["computed"]) ?? undefined,
        );
      case "ClassDeclaration":
      case "ClassExpression":
        return this.#visitClass(node, scope, node["id"]?.name);
      case "CatchClause":
        return this.#visitCatch(node, scope);
      case "ExportDefaultDeclaration":
        return this.#visitNamed(node["declaration"], scope, "default");
      case "ExportNamedDeclaration":
        return this.#visit(node["declaration"], scope);
      case "TemplateLiteral":
        for (const each of node["expressions"]) this.#visit(each, scope, "plain");
        return;
      case "SpreadElement":
        return this.#visit(node["argument"], scope, "plain");
      case "TSModuleBlock":
        return this.#visitChildren(node, { ...scope, running: null });
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        return;
      default:
        return this.#visitChildren(node, scope);
    }
  }

  /** Visits an expression that gives its name to a function or class that has none. */
  #visitNamed(
    node: SyntaxNode | null | undefined,
    scope: Scope,
    name: string | undefined,
    given: Given | null = null,
  ): void {
    if (!node) return;
    const inner = bare(node);
    if (isFunction(inner) && !isErased(node)) {
      const naming = name === undefined ? null : { full: name, name };
      return this.#visitFunction(inner, scope, naming, given);
    }
    if (inner.type === "ClassExpression")
      return this.#visitClass(inner, scope, inner["id"]?.name ?? name);
    this.#visit(node, scope);
  }

  #visitStatement(node: SyntaxNode, scope: Scope): void {
    switch (node.type) {
      case "ExpressionStatement":
        return this.#visit(node["expression"], scope, { drop: "statement" });
      case "ReturnStatement":
        return this.#visitReturn(node["argument"], scope);
      case "ThrowStatement":
        return this.#visit(node["argument"], scope, "plain");
      case "IfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.#visit(node["test"], scope, { drop: "condition" });
        for (const part of ["consequent", "alternate"]) this.#visit(node[part], scope);
        return this.#visit(node["body"], within(node, scope));
      case "ForStatement":
        this.#visit(node["init"], scope, { drop: "statement" });
        this.#visit(node["test"], scope, { drop: "condition" });
        this.#visit(node["update"], scope, { drop: "statement" });
        return this.#visit(node["body"], within(node, scope));
      case "ForOfStatement":
        return node["await"]
          ? this.#visitForAwait(node, node, scope)
          : this.#visitLoop(node, scope);
      case "ForInStatement":
        return this.#visitLoop(node, scope);
      case "LabeledStatement":
        return this.#visitLabeled(node, scope);
      case "SwitchStatement":
        this.#visit(node["discriminant"], scope, "plain");
        for (const each of node["cases"]) this.#visitChildren(each, scope);
        return;
      case "TryStatement":
        for (const part of ["block", "handler"])
          this.#visit(node[part], node["finalizer"] ? { ...scope, isGuarded: true } : scope);
        if (node["finalizer"]) this.#visitFinally(node["finalizer"], scope);
        return;
      case "WithStatement":
        // Inside, every name may be a property of the object, the recorder's as well.
        return this.#visit(node["object"], scope, "plain");
      default:
        return this.#visitChildren(node, scope);
    }
  }

  #visitLoop(node: SyntaxNode, scope: Scope): void {
    this.#visit(node["left"], scope);
    this.#visit(node["right"], scope, "plain");
    this.#visit(node["body"], scope);
  }

  /** Labels belong right before their loop, so what is put round it goes outside of them. */
  #visitLabeled(node: SyntaxNode, scope: Scope): void {
    let body: SyntaxNode = node["body"];
    while (body.type === "LabeledStatement") body = body["body"];
    if (body.type === "ForOfStatement" && body["await"])
      return this.#visitForAwait(body, node, scope);
    this.#visit(body, scope);
  }

  #visitForAwait(node: SyntaxNode, outer: SyntaxNode, scope: Scope): void {
    const { running } = scope;
    if (running === null) return this.#visitLoop(node, scope);
    this.#noteAwait(scope);
    const t = this.#t;
    const site = this.#site("for-await", node, scope, this.#calledIn(node["right"]));
    // A jump to a label further out passes by what stands behind the loop.
    const [before, after] = jumpsOutOf(outer, node["body"]) ? ["try{", "}finally{"] : ["{", ""];
    const closeAll = this.#edits.around(outer, before, `${after}${t}.j(${running})}`);
    this.#visit(node["left"], scope);
    this.#wrapOperand(node["right"], `${t}.a(${running},@${site},`, scope);
    const body: SyntaxNode = node["body"];
    const isBlock = body.type === "BlockStatement";
    const closeBody = this.#edits.around(
      body,
      `{${t}.j(${running});try${isBlock ? "" : "{"}`,
      `${isBlock ? "" : "}"}finally{${t}.n(${running},@${site})}}`,
    );
    this.#visit(body, scope);
    closeBody();
    closeAll();
  }

  /** Puts a call of the recorder round an awaited, returned or yielded expression. */
  #wrapOperand(node: SyntaxNode, before: string, scope: Scope): void {
    const close = this.#edits.around(node, before);
    this.#visit(node, scope, isCall(bare(node)) ? "taken" : "kept");
    close();
  }

  /** The part of a site that tells of the call whose value an expression is. */
  #calledIn(expression: SyntaxNode): Partial<Site> {
    const inner = bare(expression);
    const isTold = isCall(inner) || inner.type === "ImportExpression";
    return isTold ? { called: this.#calledWithGifts(inner) } : {};
  }

  /** A call whose functions among its arguments will have their sites noted in it. */
  #calledWithGifts(node: SyntaxNode) {
    const called: Called = calledAt(node, this.#source);
    if (this.#timers.isSleep(node) || isBounded(node)) called.timer = true;
    if (isOfMessage(node)) called.message = true;
    if (isCall(node) && this.#known.isHanded(node)) called.handed = true;
    const passes = isCall(node) ? this.#known.asyncPassed(node) : [];
    if (passes.length > 0) {
      called.passes = passes;
      if (called.name !== "Promise" && isIgnoring(called.name)) called.ignores = true;
    }
    this.#gifts.set(node, called);
    return called;
  }

  readonly #gifts = new Map<SyntaxNode, Called>();

  /** The calls of `then` by which a new promise waits for another. */
  readonly #settling = new Set<SyntaxNode>();

  #noteAwait(scope: Scope): void {
    if (scope.function === "<module>") this.#awaitsAtTop = true;
  }

  #visitAwait(node: SyntaxNode, scope: Scope, use: Use): void {
    const { running } = scope;
    const argument: SyntaxNode = node["argument"];
    if (running === null) return this.#visit(argument, scope, "taken");
    this.#noteAwait(scope);
    const isDropped = typeof use === "object" && use.drop === "statement";
    // Whoever takes the values of a generator may leave it, and a `finally` is to be run in any case.
    const goesRound = scope.goesRound === true && !scope.asyncGenerator && !scope.isGuarded;
    const site = this.#site("await", node, scope, {
      ...this.#calledIn(argument),
      ...(isDropped ? { dropped: "statement" } : {}),
      ...(goesRound ? { goesRound } : {}),
    });
    const close = this.#edits.around(node, `${this.#t}.b(${running},`);
    this.#wrapOperand(argument, `${this.#t}.a(${running},@${site},`, scope);
    close();
  }

  #visitYield(node: SyntaxNode, scope: Scope): void {
    const { running } = scope;
    const argument: SyntaxNode | null = node["argument"];
    if (running === null || !scope.asyncGenerator) return this.#visit(argument, scope);
    const t = this.#t;
    const called = argument ? this.#calledIn(argument) : {};
    const guarded: Partial<Site> = scope.isGuarded === true ? { guarded: true } : {};
    const site = this.#site("yield", node, scope, { ...called, ...guarded });
    const close = this.#edits.around(node, `${t}.z(${running},`);
    if (argument) this.#wrapOperand(argument, `${t}.y(${running},@${site},`, scope);
    else this.#edits.close(node.end, ` ${t}.y(${running},@${site},void 0)`);
    close();
  }

  #visitReturn(argument: SyntaxNode | null, scope: Scope): void {
    if (!argument) return;
    const { running, ignoredBy } = scope;
    if (running === null || scope.function === "<module>") {
      const use: Use = ignoredBy === null ? "kept" : { drop: "callback", by: ignoredBy };
      return this.#visit(argument, scope, use);
    }
    if (isPlain(argument)) return this.#visit(argument, scope);
    const site = this.#site("return", argument, scope, this.#calledIn(argument));
    this.#wrapOperand(argument, `${this.#t}.r(${running},@${site},`, scope);
  }

  #visitCatch(node: SyntaxNode, scope: Scope): void {
    const { running } = scope;
    const body: SyntaxNode = node["body"];
    const parameter: SyntaxNode | null = node["param"] ?? null;
    this.#visit(parameter, scope);
    if (running !== null) {
      const own = `${this.#t}e`;
      if (parameter === null) this.#edits.open(body.start, `(${own})`);
      const error = parameter === null ? own : parameter["name"];
      const site = this.#site("catch", node, scope);
      const told = error === undefined ? "" : `,${error}`;
      this.#edits.open(body.start + 1, `${this.#t}.c(${running},@${site}${told});`);
    }
    this.#visit(body, scope);
  }

  #visitFinally(body: SyntaxNode, scope: Scope): void {
    if (scope.running !== null) this.#edits.open(body.start + 1, `${this.#t}.c(${scope.running});`);
    this.#visit(body, scope);
  }

  #visitChoice(node: SyntaxNode, scope: Scope, use: Use): void {
    // The site around these tells of no call, as it cannot know which it was.
    const inner = use === "taken" ? "kept" : use;
    if (node.type === "SequenceExpression") {
      const expressions: SyntaxNode[] = node["expressions"];
      for (const each of expressions.slice(0, -1)) this.#visit(each, scope, { drop: "statement" });
      return this.#visit(expressions.at(-1), scope, inner);
    }
    if (node.type === "ConditionalExpression") {
      this.#visit(node["test"], scope, { drop: "condition" });
      this.#visit(node["consequent"], scope, inner);
      return this.#visit(node["alternate"], scope, inner);
    }
    const isPassed = node["operator"] !== "&&" && inner === "kept";
    this.#visit(node["left"], scope, isPassed ? inner : { drop: "condition" });
    this.#visit(node["right"], scope, inner);
  }

  #visitAssignment(node: SyntaxNode, scope: Scope): void {
    const left: SyntaxNode = node["left"];
    const isName = left.type === "Identifier";
    const name = isName || isMember(left) ? lastName(left) : "";
    if (!isName) this.#visit(left, scope, "bare");
    if (!["=", "??=", "||=", "&&="].includes(node["operator"]))
      return this.#visit(node["right"], scope, "plain");
    const isHandler = isMember(left) && /^on[a-z]/.test(name);
    const given: Given | null = isHandler
      ? { name, callee: name, ...positionOf(node), dropped: true }
      : null;
    this.#visitNamed(node["right"], scope, name === "" ? undefined : name, given);
  }

  #visitMember(node: SyntaxNode, scope: Scope): void {
    const { object, property, computed } = node;
    const isThen = !computed && ["then", "catch", "finally"].includes(property.name);
    this.#visit(object, scope, isInChain(object) ? "bare" : isThen ? "kept" : "plain");
    if (computed) this.#visit(property, scope, "plain");
  }

  #visitCall(node: SyntaxNode, scope: Scope, use: Use): void {
    const wrapping = this.#wrappingOf(node, scope, use);
    const close = wrapping === null ? null : this.#edits.around(node, ...wrapping);
    this.#visitCallee(node, scope);
    this.#visitArguments(node, scope);
    close?.();
  }

  /** What is put round a call; null for nothing. */
  #wrappingOf(node: SyntaxNode, scope: Scope, use: Use): [before: string, after: string] | null {
    if (use === "bare") return null;
    const t = this.#t;
    const drop: Partial<Site> =
      typeof use === "object"
        ? { dropped: use.drop, ...(use.by === undefined ? {} : { by: use.by }) }
        : {};
    const siteOf = (kind: SiteKind, more: Partial<Site> = {}): number => {
      const before = this.#gifts.get(node);
      const called = before === undefined ? this.#calledIn(node) : { called: before };
      const settles: Partial<Site> = this.#settling.has(node) ? { settles: true } : {};
      return this.#site(kind, node, scope, { ...called, ...drop, ...settles, ...more });
    };
    const kind = kindOfCall(node);
    switch (kind) {
      case "promise":
        for (const each of settlingCalls(node)) this.#settling.add(each);
        return [`${t}.p(@${siteOf(kind)},`, ")"];
      case "combinator":
        return [`${t}.g(@${siteOf(kind)},`, ")"];
      case "handle":
        return [`${t}.h(@${siteOf(kind, { handle: lastName(node["callee"]) })},`, ")"];
      case "blocking":
        return [`${t}.u(${t}.w(@${siteOf(kind)}),`, ")"];
      case "other":
    }
    if (use === "taken" || use === "plain" || node.type === "NewExpression") return null;
    const givesAsync = node["arguments"].some((each: SyntaxNode) => bare(each)["async"] === true);
    const passes = this.#known.asyncPassed(node).length > 0;
    if (this.#known.isSync(node) && !passes && !(givesAsync && use === "kept")) return null;
    if (use === "kept") return [`${t}.v(@${siteOf("escapes")},`, ")"];
    const isVague = use.drop === "condition" || (use.by !== undefined && isJudging(use.by.name));
    if (isVague && isMember(bare(node["callee"]))) return null;
    return [`${t}.d(@${siteOf("dropped")},`, ")"];
  }

  #visitCallee(node: SyntaxNode, scope: Scope): void {
    const callee: SyntaxNode = node["callee"];
    const process = processOf(node);
    if (process !== null) {
      const called = this.#gifts.get(node) ?? this.#calledWithGifts(node);
      const first: SyntaxNode | undefined = node["arguments"][0];
      if (first?.type === "StringLiteral") called.event = first["value"];
      const site = this.#site("exit", node, scope, { called });
      this.#edits.around(process, `${this.#t}.x(@${site},`)();
      return;
    }
    const controller = controllerOf(node);
    if (controller !== null) {
      const site = this.#site("abort", node, scope);
      const close = this.#edits.around(controller, `${this.#t}.x(@${site},`);
      this.#visit(controller, scope, isInChain(controller) ? "bare" : "plain");
      return close();
    }
    this.#visit(callee, scope, isInChain(callee) ? "bare" : "plain");
  }

  #visitArguments(node: SyntaxNode, scope: Scope): void {
    const isPlainly = ["Math", "Number", "String"].includes(node["callee"].object?.name);
    const delay = this.#timers.delayOf(node);
    const plugin = isPluginCall(node, this.#pluginNames) ? node["arguments"][0] : null;
    let given: Given | null = null;
    for (const argument of node["arguments"] as SyntaxNode[]) {
      const inner = bare(argument);
      if (!isFunction(inner)) {
        const told = argument === delay ? "s" : argument === plugin ? "i" : null;
        const close = told === null ? null : this.#edits.around(argument, `${this.#t}.${told}(`);
        this.#visit(argument, scope, isPlainly ? "plain" : "kept");
        close?.();
        continue;
      }
      given ??= givenTo(node, this.#source);
      const before = this.#sites.length;
      this.#visitFunction(inner, scope, null, given);
      const own = this.#sites[before];
      if (own?.given !== given) continue;
      const called = this.#gifts.get(node);
      if (called !== undefined) (called.gives ??= []).push(before);
    }
  }

  #visitOtherCall(node: SyntaxNode, scope: Scope, use: Use): void {
    const isImport = node.type === "ImportExpression";
    const isDropped = typeof use === "object" && use.drop !== "condition";
    if (!isDropped && !(isImport && use === "kept")) return this.#visitChildren(node, scope);
    const called = calledAt(node, this.#source);
    const site = isDropped
      ? this.#site("dropped", node, scope, { called, dropped: use.drop })
      : this.#site("escapes", node, scope, { called });
    const close = this.#edits.around(node, `${this.#t}.${isDropped ? "d" : "v"}(@${site},`);
    if (isImport) this.#visitChildren(node, scope);
    else {
      this.#visit(node["tag"], scope, "bare");
      this.#visit(node["quasi"], scope);
    }
    close();
  }

  #visitClass(node: SyntaxNode, scope: Scope, name: string | undefined): void {
    this.#visitDecorators(node, scope);
    this.#visit(node["superClass"], scope, "bare");
    for (const member of node["body"].body as SyntaxNode[]) {
      if (isErased(member)) continue;
      this.#visitDecorators(member, scope);
      if (member["computed"]) this.#visit(member["key"], scope, "plain");
      const key = member["key"] && keyName(member["key"], member["computed"]);
      const naming =
        typeof key === "string"
          ? { full: name === undefined ? key : `${name}.${key}`, name: key }
          : null;
      if (isFunction(member)) {
        this.#visitFunction(member, scope, naming, null);
        continue;
      }
      const inside: Scope = {
        running: null,
        asyncGenerator: false,
        function: naming?.full ?? name ?? scope.function,
        ignoredBy: null,
      };
      if (member.type === "StaticBlock") {
        this.#visitChildren(member, inside);
        continue;
      }
      const value: SyntaxNode | null = member["value"] ?? null;
      const inner = value === null ? null : bare(value);
      if (inner !== null && isFunction(inner)) this.#visitFunction(inner, inside, naming, null);
      else this.#visit(value, inside);
    }
  }

  #visitDecorators(node: SyntaxNode, scope: Scope): void {
    for (const { expression } of (node["decorators"] ?? []) as SyntaxNode[])
      this.#visit(expression, scope, "bare");
  }

  #visitFunction(node: SyntaxNode, outer: Scope, naming: Naming | null, given: Given | null): void {
    const body: SyntaxNode | null = node["body"] ?? null;
    if (body === null) return;
    if (node.type === "ObjectMethod" && node["computed"]) this.#visit(node["key"], outer, "plain");
    const { full, name } = namesOf(node, naming, given);
    const scope: Scope = {
      running: null,
      asyncGenerator: false,
      function: full,
      ignoredBy: given?.dropped && !node["async"] && !node["generator"] ? given : null,
    };
    const isCallback = !node["generator"] && given !== null && isLater(given.name);
    const isFollowed = (node["async"] || isCallback) && isMovable(node);
    if (!isFollowed) {
      for (const parameter of node["params"]) this.#visit(parameter, scope);
      return this.#visitBody(body, scope, "", "");
    }
    const more: Partial<Site> = {
      ...(node["async"] ? { name } : {}),
      ...(node["async"] && node["generator"] ? { generator: true as const } : {}),
      ...(given === null ? {} : { given }),
    };
    const site = this.#site(node["async"] ? "call" : "callback", node, scope, more);
    for (const parameter of node["params"]) this.#visit(parameter, scope);
    const t = this.#t;
    const running = `${t}i`;
    const error = `${t}e`;
    if (node["async"]) {
      const inside = { ...scope, running, asyncGenerator: node["generator"] };
      const end = `}catch(${error}){${t}.f(${running},${error});throw ${error}}finally{${t}.l(${running})}`;
      this.#visitBody(body, inside, `const ${running}=${t}.e(@${site});try{`, end);
    } else
      this.#visitBody(
        body,
        scope,
        `const ${running}=${t}.k(@${site});try{`,
        `}finally{${t}.q(${running})}`,
      );
  }

  /** Visits a function's body, with what is put at its beginning and end. */
  #visitBody(body: SyntaxNode, scope: Scope, begin: string, end: string): void {
    if (body.type !== "BlockStatement") return this.#visitExpressionBody(body, scope, begin, end);
    const directive: SyntaxNode | undefined = body["directives"].at(-1);
    const from = directive?.end ?? body.start + 1;
    const to = body.end - 1;
    if (begin !== "") {
      const text = directive === undefined ? begin : `;${begin}`;
      if (from === to) this.#edits.open(from, text + end);
      else this.#edits.open(from, text);
    }
    for (const statement of body["body"]) this.#visit(statement, scope);
    if (begin !== "" && from !== to) this.#edits.close(to, end);
  }

  #visitExpressionBody(body: SyntaxNode, scope: Scope, begin: string, end: string): void {
    if (begin === "") return this.#visitReturn(body, scope);
    const close = this.#edits.around(body, `{${begin}return `, `${end}}`);
    this.#visitReturn(body, scope);
    close();
  }
}

/** Whether a call of Atomics.wait has a time limit. */
const isBounded = (node: SyntaxNode): boolean =>
  lastName(node["callee"] ?? node) === "wait" && node["arguments"]?.length > 3;

/** Where a statement begins, with its decorators. */
function startOf(statement: SyntaxNode): number {
  const decorators: SyntaxNode[] =
    statement["declaration"]?.decorators ?? statement["decorators"] ?? [];
  return Math.min(statement.start, ...decorators.map(({ start }) => start));
}

function usedByUnary(operator: string): Use {
  if (operator === "void") return { drop: "void" };
  return operator === "!" ? { drop: "condition" } : "plain";
}

/** The scope within a loop. */
function within(loop: SyntaxNode, scope: Scope): Scope {
  return isForEver(loop) ? { ...scope, goesRound: true } : scope;
}

/** Whether a loop has no way out but an error. */
function isForEver(loop: SyntaxNode): boolean {
  const test: SyntaxNode | null = loop["test"];
  const isTrue =
    test === null ||
    (test.type === "BooleanLiteral" && test["value"] === true) ||
    (test.type === "NumericLiteral" && test["value"] !== 0);
  return isTrue && loop["body"] !== undefined && !leaves(loop["body"], true);
}

/** Whether a statement may leave a loop around it. `breaks`: a `break` without a label is that loop's. */
function leaves(node: SyntaxNode, breaks: boolean): boolean {
  if (node.type === "ReturnStatement") return true;
  if (node.type === "BreakStatement" || node.type === "ContinueStatement")
    return node["label"] ? true : breaks && node.type === "BreakStatement";
  const isOther = /^(While|DoWhile|For|ForIn|ForOf|Switch)Statement$/.test(node.type);
  return !isFunction(node) && childrenOf(node).some((one) => leaves(one, breaks && !isOther));
}

/** Whether the body of a loop may jump to a label that stands outside of the loop's own. */
function jumpsOutOf(outer: SyntaxNode, body: SyntaxNode): boolean {
  const own = new Set<string>();
  for (let node = outer; node.type === "LabeledStatement"; node = node["body"])
    own.add(node["label"].name);
  const jumps = (node: SyntaxNode): boolean => {
    if (node.type === "BreakStatement" || node.type === "ContinueStatement")
      return Boolean(node["label"]) && !own.has(node["label"].name);
    return !isFunction(node) && childrenOf(node).some(jumps);
  };
  return jumps(body);
}

/** A function's names: its own, else by where it is written. */
function namesOf(node: SyntaxNode, naming: Naming | null, given: Given | null): Naming {
  const own: string | undefined = node["id"]?.name;
  if (own !== undefined) return { full: own, name: own };
  if (naming !== null) return naming;
  const key = node.type === "ObjectMethod" ? keyName(node["key"], node["computed"]) : null;
  if (key !== null) return { full: key, name: key };
  return { full: nameByUse(given), name: "" };
}

/**
 * Whether a function's statements mean the same in a block of its body: not where `var` and a function of
 * one name, or two functions of one name, are declared in it, which a block must not have.
 */
function isMovable(node: SyntaxNode): boolean {
  const body: SyntaxNode = node["body"];
  if (body.type !== "BlockStatement") return true;
  if (body["directives"].some((each: SyntaxNode) => each["value"].value === "use asm"))
    return false;
  const declared = new Set<string>();
  for (const statement of body["body"] as SyntaxNode[]) {
    if (statement.type !== "FunctionDeclaration") continue;
    const { name } = statement["id"];
    if (declared.has(name)) return false;
    declared.add(name);
  }
  return declared.size === 0 || !declaresVar(body, declared);
}

function declaresVar(node: SyntaxNode, names: ReadonlySet<string>): boolean {
  if (isFunction(node) || node.type.startsWith("Class")) return false;
  if (node.type === "VariableDeclaration" && node["kind"] === "var") {
    for (const { id } of node["declarations"])
      for (const name of namesIn(id)) if (names.has(name)) return true;
  }
  for (const child of childrenOf(node)) if (declaresVar(child, names)) return true;
  return false;
}
