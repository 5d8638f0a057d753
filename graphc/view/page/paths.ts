/* Paths from an input to an output: listed, counted, summed, and factored.

   The factored form has one line for each vertex with several ways on, from the output back, as
   `graphc paths` prints it; counts are whole numbers of any size. */

import { h } from "./dom";
import { Edges, Run, flows } from "./model";
import { Tree } from "./scene";
import { State } from "./state";
import { leibniz, math, nameText, numberPiece, partialTrees, plural, show } from "./text";

const LISTED = 20;
const LINES = 30;
const FACTORS = 6; // of a product, written out

/** Number of paths to the last vertex from each vertex between it and the first. */
export function countPaths(edges: Edges, from: number, to: number): Map<number, bigint> {
  const counts = new Map<number, bigint>([[to, 1n]]);
  for (let u = to - 1; u >= from; u--) {
    let sum = 0n;
    for (const e of edges.after[u]) sum += counts.get(edges.to[e]) ?? 0n;
    if (sum) counts.set(u, sum);
  }
  const between = new Map<number, bigint>();
  const reached = new Set([from]);
  for (let u = from; u <= to; u++) {
    const count = counts.get(u);
    if (!count || !reached.has(u)) continue;
    between.set(u, count);
    for (const e of edges.after[u]) reached.add(edges.to[e]);
  }
  return between;
}

/** The first paths, depth first, as lists of edges. */
export function firstPaths(edges: Edges, counts: Map<number, bigint>, from: number, to: number): number[][] {
  const found: number[][] = [];
  const waiting: { at: number; path: number[] }[] = [{ at: from, path: [] }];
  while (waiting.length && found.length < LISTED) {
    const { at, path } = waiting.pop()!;
    if (at === to) {
      found.push(path);
      continue;
    }
    const after = edges.after[at].filter((e) => counts.has(edges.to[e]));
    for (const e of after.reverse()) waiting.push({ at: edges.to[e], path: [...path, e] });
  }
  return found;
}

/** Operations of the sum over all paths; products by 1 are none. */
function plainCost(edges: Edges, counts: Map<number, bigint>, from: number, to: number): [bigint, bigint] {
  const factors = new Map<number, bigint>([[to, 0n]]);
  const empty = new Map<number, bigint>([[to, 1n]]);
  for (let u = to - 1; u >= from; u--) {
    if (!counts.has(u)) continue;
    let [total, ones] = [0n, 0n];
    for (const e of edges.after[u]) {
      const w = edges.to[e];
      if (!counts.has(w)) continue;
      total += factors.get(w)! + (edges.one[e] ? 0n : counts.get(w)!);
      if (edges.one[e]) ones += empty.get(w)!;
    }
    factors.set(u, total);
    empty.set(u, ones);
  }
  const count = counts.get(from)!;
  return [factors.get(from)! - (count - empty.get(from)!), count - 1n];
}

interface Rest {
  factors: number[]; // edges
  node: number; // times the derivative at this node, or -1
}

interface Factored {
  lines: Element[];
  left: number;
  products: number;
  sums: number;
}

/** One line for each vertex that has several ways on, or is the start. */
function factored(state: State, counts: Map<number, bigint>, from: number, to: number): Factored {
  const { scene, edges } = state;
  const rest = new Map<number, Rest>([[to, { factors: [], node: -1 }]]);
  const found: Factored = { lines: [], left: 0, products: 0, sums: 0 };
  const slopes = reverseSweep(edges, state.run, from, to);
  for (let u = to - 1; u >= from; u--) {
    if (!counts.has(u)) continue;
    const groups = new Map<number, number[][]>();
    const ways = edges.after[u].filter((e) => counts.has(edges.to[e]));
    for (const e of ways) {
      const { factors, node } = rest.get(edges.to[e])!;
      const here = [...(edges.one[e] ? [] : [e]), ...factors];
      groups.set(node, [...(groups.get(node) ?? []), here]);
    }
    if (ways.length === 1 && u !== from) {
      const [[node, [factors]]] = [...groups];
      rest.set(u, { factors, node });
      continue;
    }
    rest.set(u, { factors: [], node: u });
    found.products += productsOf(groups);
    found.sums += ways.length - 1;
    if (found.lines.length >= LINES) {
      found.left++;
      continue;
    }
    const tree = sumTree(state, groups, to);
    found.lines.push(h("p", {}, math(
      leibniz(scene, to, u), ["mo", "="], tree, ["mo", "="], ["mn", show(slopes.get(u) ?? 0)])));
  }
  return found;
}

function reverseSweep(edges: Edges, run: Run, from: number, to: number): Map<number, number> {
  const found = new Map<number, number>([[to, 1]]);
  for (let u = to - 1; u >= from; u--) {
    for (const e of edges.after[u]) {
      const known = found.get(edges.to[e]);
      if (known !== undefined && flows(edges, run, e)) found.set(u, (found.get(u) ?? 0) + known * run.partials[e]);
    }
  }
  return found;
}

function productsOf(groups: Map<number, number[][]>): number {
  let count = 0;
  groups.forEach((products, node) => {
    for (const factors of products) count += Math.max(factors.length - 1, 0);
    if (node >= 0 && !(products.length === 1 && !products[0].length)) count++;
  });
  return count;
}

/** A sum whose terms with the same last factor share it. */
function sumTree(state: State, groups: Map<number, number[][]>, to: number): Tree {
  const { scene, edges } = state;
  const terms: Tree[] = [];
  groups.forEach((products, node) => {
    const inner = products.map((factors) => productTree(factors.map((e) =>
      partialTrees(scene, edges.to[e], edges.from[e]))));
    const sum = joined(inner, "+");
    if (node < 0) terms.push(sum);
    else if (products.length === 1 && !products[0].length) terms.push(leibniz(scene, to, node));
    else terms.push(["mrow", isLoose(sum) ? bracketed(sum) : sum, ["mo", "\u00b7"], leibniz(scene, to, node)]);
  });
  return joined(terms, "+");
}

function productTree(factors: Tree[]): Tree {
  if (!factors.length) return ["mn", "1"];
  const safe = factors.map((t) => (factors.length > 1 && isLoose(t) ? bracketed(t) : t));
  return joined(safe, "\u00b7");
}

/** Whether a factor needs brackets: a sum, or what begins with a sign. */
function isLoose(tree: Tree): boolean {
  const sum = tree[0] === "mrow" && tree.slice(1).some((c) => Array.isArray(c) && c[0] === "mo" && /[+\u2212]/.test(String(c[1])));
  return sum || (tree[0] === "mn" && String(tree[1]).startsWith("\u2212"));
}

function bracketed(tree: Tree): Tree {
  return ["mrow", ["mo", "("], tree, ["mo", ")"]];
}

function joined(trees: Tree[], sign: string): Tree {
  if (trees.length === 1) return trees[0];
  return ["mrow", ...trees.flatMap((t, k): Tree[] => {
    if (!k) return [t];
    const minus = sign === "+" && t[0] === "mrow" && Array.isArray(t[1]) && t[1][1] === "\u2212";
    return minus ? (t.slice(1) as Tree[]) : [["mo", sign], t];
  })];
}

const operations = (products: number | bigint, sums: number | bigint): string =>
  `${plural(products, "multiplication")}, ${plural(sums, "addition")}`;

/** The panel. */
export function pathsPanel(state: State, pick: (path: number[] | null) => void): Element[] {
  const { scene, edges, run, from, to } = state;
  if (from < 0) return [h("p", { class: "quiet" }, "The model has no input to differentiate.")];
  const [start, end] = [nameText(scene, from), nameText(scene, to)];
  if (from === to) {
    const named = scene.outputs.filter((o) => o.node === to).map((o) => o.name).join(", ");
    return [h("p", {}, `The output ${named} is ${start} itself: the derivative is 1.`)];
  }
  const counts = countPaths(edges, from, to);
  const count = from < to ? counts.get(from) ?? 0n : 0n;
  if (!count)
    return [h("p", {}, `No path leads from ${start} to ${end}: the derivative is 0.`)];
  const shown = firstPaths(edges, counts, from, to);
  const slope = reverseSweep(edges, run, from, to).get(from) ?? 0;
  const [products, sums] = plainCost(edges, counts, from, to);
  const form = factored(state, counts, from, to);
  return [
    h("p", { class: "count", "data-count": String(count) },
      h("strong", {}, plural(count, "path")), ` from ${start} to ${end}`),
    h("ol", { class: "paths" }, ...shown.map((path) => pathItem(state, path, pick))),
    count > BigInt(shown.length)
      ? h("p", { class: "quiet" }, `and ${(count - BigInt(shown.length)).toLocaleString("en")} more`)
      : h("span"),
    h("p", { class: "total", "data-value": String(slope) },
      math(leibniz(scene, to, from), ["mo", "="], ["mn", show(slope, 8)]),
      h("span", { class: "quiet" }, " the sum of all products")),
    h("section", { class: "factored", "aria-label": "factored" }, h("h3", {}, `Factored, from ${end} back`),
      ...form.lines,
      form.left ? h("p", { class: "quiet" }, `and ${form.left} more lines`) : null),
    h("dl", { class: "costs" },
      h("dt", {}, "path by path"), h("dd", {}, operations(products, sums)),
      h("dt", {}, "factored"), h("dd", {}, operations(form.products, form.sums))),
  ];
}

function pathItem(state: State, path: number[], pick: (path: number[] | null) => void): Element {
  const { scene, edges, run, from } = state;
  const nodes = [from, ...path.map((e) => edges.to[e])];
  const factors = path.map((e) => (flows(edges, run, e) ? run.partials[e] : 0));
  const value = path.every((e) => flows(edges, run, e)) ? factors.reduce((a, b) => a * b, 1) : 0;
  const few = nodes.length <= 12 ? nodes.map((i) => nameText(scene, i))
    : [...nodes.slice(0, 5).map((i) => nameText(scene, i)), `\u2026 ${nodes.length - 8} \u2026`,
      ...nodes.slice(-3).map((i) => nameText(scene, i))];
  const said = factors.filter((_, k) => !edges.one[path[k]]);
  const terms: Tree[] = (said.length ? said : [1]).slice(0, said.length > FACTORS ? FACTORS - 2 : FACTORS).flatMap((f, k): Tree[] => {
    const piece = numberPiece(f);
    const tree = piece.prec < 10 && k ? bracketed(piece.tree) : piece.tree;
    return k ? [["mo", "\u00b7"], tree] : [tree];
  });
  if (said.length > FACTORS) terms.push(["mo", "\u00b7"], ["mo", "\u2026"]);
  const result = said.length > 1 ? math(["mo", "="], ["mn", show(value)]) : null;
  const leave = (): void => pick(null);
  const enter = (): void => pick(nodes);
  return h("li", {}, h("button", {
    class: "path", pointerenter: enter, pointerleave: leave, focus: enter, blur: leave, click: enter,
  }, h("span", { class: "route" }, few.join(" \u2192 ")),
    h("span", { class: "product" }, math(...terms), result)));
}
