// Recursion, objects, a parser and sorting, all synchronous. Prints the processor time, in ms.
function fibonacci(n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

class Shape {
  constructor(width, height) {
    this.width = width;
    this.height = height;
  }
  area() {
    return this.width * this.height;
  }
}

function shapes(count) {
  let area = 0;
  for (let k = 0; k < count; k++) area += new Shape(k % 7, k % 11).area();
  return area;
}

/** The value of a sum of products, as `1+2*3`. */
function evaluate(text) {
  let at = 0;
  const number = () => {
    const from = at;
    while (text.charCodeAt(at) >= 48) at++;
    return Number(text.slice(from, at));
  };
  const product = () => {
    let value = number();
    while (text[at] === "*") {
      at++;
      value = (value * number()) % 1_000_003;
    }
    return value;
  };
  let value = product();
  while (text[at] === "+") {
    at++;
    value = (value + product()) % 1_000_003;
  }
  return value;
}

function sorted(count) {
  const numbers = Array.from({ length: count }, (_, k) => (k * 7919) % count);
  return numbers.sort((a, b) => a - b)[count >> 1];
}

const before = process.cpuUsage();
let sum = 0;
const text = Array.from({ length: 2000 }, (_, k) => `${k}*${k + 1}`).join("+");
for (let round = 0; round < 6; round++) {
  sum += fibonacci(27) + shapes(1_000_000) + sorted(100_000);
  for (let k = 0; k < 100; k++) sum += evaluate(text);
}
const { user, system } = process.cpuUsage(before);
if (sum < 0) throw new Error("no sum");
console.log((user + system) / 1000);
