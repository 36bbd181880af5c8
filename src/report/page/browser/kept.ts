/** Values that are made when they are first asked for: `getOrInsertComputed` of maps, which few browsers have yet. */
export function kept<Key, Value>(values: Map<Key, Value>, key: Key, make: () => Value): Value {
  if (values.has(key)) return values.get(key)!;
  const value = make();
  values.set(key, value);
  return value;
}
