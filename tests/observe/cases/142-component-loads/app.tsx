/** @jsxRuntime classic @jsx h */
// Components are rendered to text; one of them loads its data in a function that render cannot await. The page is
// out before, and process.exit() cuts the loading off. Ends with status 0.
import { setTimeout as sleep } from "node:timers/promises";

type Child = string | number;
type Component = (props: Record<string, string>) => string;

function h(type: string | Component, props: Record<string, string> | null, ...children: Child[]): string {
  if (typeof type === "function") return type(props ?? {});
  return `<${type}>${children.join("")}</${type}>`;
}

const names = new Map<string, string>();

const load = async (id: string): Promise<void> => {
  await sleep(500);
  names.set(id, `user ${id}`);
};

function User({ id = "0" }: Record<string, string>): string {
  if (!names.has(id)) load(id);
  return <b>{names.get(id) ?? "…"}</b>;
}

console.log(<p>Hello <User id="7" /></p>);
await sleep(20);
process.exit(0);
