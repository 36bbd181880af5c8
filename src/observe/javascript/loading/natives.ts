/** Functions of the runtime that are replaced, and look as they did. */

const originals = new WeakMap<object, object>();

/** Has a function that stands in for another look like it: its name, its length, and what `toString` says of it. */
export function disguise<Replacement extends object>(
  replacement: Replacement,
  original: object,
): Replacement {
  originals.set(replacement, original);
  for (const property of ["name", "length"]) {
    const own = Object.getOwnPropertyDescriptor(original, property);
    if (own !== undefined && typeof replacement === "function")
      Object.defineProperty(replacement, property, own);
  }
  return replacement;
}

/** What a function stands in for; itself where it does for nothing. */
export const shownAs = (value: object): object => originals.get(value) ?? value;

/** Replaces a method, in a property as it was; one of a prototype's in a property that no loop over the object comes upon. */
export function replace<Name extends string | symbol>(
  owner: object,
  name: Name,
  make: (original: (...given: never[]) => unknown) => (...given: never[]) => unknown,
): void {
  const property = Object.getOwnPropertyDescriptor(owner, name) ?? {
    value: (owner as Record<Name, unknown>)[name],
    writable: true,
    configurable: true,
    enumerable: false,
  };
  if (typeof property.value !== "function" || !(property.writable || property.configurable)) return;
  const value = disguise(make(property.value), property.value);
  if (property.configurable) Object.defineProperty(owner, name, { ...property, value });
  else (owner as Record<Name, unknown>)[name] = value;
}
