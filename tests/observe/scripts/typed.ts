// TypeScript that is not only types.
const log = (globalThis as any).logOf(import.meta.url) as (...words: unknown[]) => void;
enum Colour {
  Red = 1,
  Blue = "x".length + 4,
  Last,
}
const enum Fixed {
  One = 1,
}
namespace Space {
  export const inside = [1].map((x) => x + 1);
  export async function run<T>(this: unknown, x: T): Promise<T> {
    try {
      return await x;
    } catch (e: unknown) {
      throw e;
    }
  }
}
abstract class Shape<T extends object = {}> {
  abstract area(): Promise<number>;
  protected constructor(
    private readonly side: number,
    public name?: string,
  ) {}
  declare kind: string;
  async twice(): Promise<number>;
  async twice(x?: number): Promise<number> {
    return (await this.area())! * 2 + (x ?? 0);
  }
  get s() {
    return this.side;
  }
}
function traced(value: Function, context: ClassMethodDecoratorContext) {
  return async function (this: any, ...words: any[]) {
    log("traced", String(context.name));
    return value.apply(this, words);
  };
}
class Square extends Shape {
  constructor(side: number) {
    super(side, "square");
  }
  @traced override async area() {
    return this.s ** 2;
  }
  accessor a = 1;
}
const generic = async <T>(x: T): Promise<T> => x;
const asserted = (await generic(5)) as number satisfies number;
const bang = (await generic({ a: () => 1 }))!.a!();
async function overloaded(x: string): Promise<string>;
async function overloaded(x: number): Promise<number>;
async function overloaded(x: any): Promise<any> {
  return x;
}
type Imported = typeof import("node:fs");
interface Thing {
  call(): Promise<void>;
  new (): Thing;
}
function isText(x: unknown): x is string {
  return typeof x === "string";
}
const optional: { f?: () => Promise<number> } = {};
log(
  Colour.Blue,
  Fixed.One,
  Space.inside,
  await Space.run<number>(1),
  await new Square(3).twice(),
  asserted,
  bang,
  await overloaded("o"),
  isText(1),
  await optional.f?.()!,
  await (<Promise<number>>generic(2)),
);
async function using() {
  await using a = {
    async [Symbol.asyncDispose]() {
      log("disposed a");
    },
  };
  using b = {
    [Symbol.dispose]() {
      log("disposed b");
    },
  };
  log("in");
  await generic(1);
  return "used";
}
log(await using());
for await (const x of [generic(1), generic<string>("two")] as any[]) log(x);
export type { Imported, Thing };
export { Colour };
