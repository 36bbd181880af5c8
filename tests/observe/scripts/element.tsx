// JSX with calls and awaits in it.
const log = (globalThis as any).logOf(import.meta.url) as (...words: unknown[]) => void;
/** @jsx h */
const React = {
  createElement: (tag: any, props: any, ...children: any[]): any => ({
    tag: typeof tag === "function" ? tag.name : tag,
    props,
    children,
  }),
};
const h = React.createElement;
const later = async <T,>(x: T) => x;
const make = (x: number) => x;
async function View({ n }: { n: number }) {
  return (
    <div id={`a${await later(n)}`} {...await later({ q: 1 })} on={async () => await later(1)}>
      text {make(n)} it's {await later("x")} <View.Sub n={make(2)} />
      {[1, 2].map((x) => (
        <b key={x}>{x}</b>
      ))}
    </div>
  );
}
View.Sub = ({ n }: { n: number }) => <i>{n}</i>;
log(await View({ n: 4 }));
