/* What is said about one node: its formula, its partials, and its adjoint as a sum. */

import { h } from "./dom";
import { flows } from "./model";
import { countPaths } from "./paths";
import { Tree } from "./scene";
import { State, derivative } from "./state";
import {
  expression, leibniz, math, nameText, nameTree, numberPiece, partialTrees, plural, show, withNumbers,
} from "./text";

type Go = (node: number) => void;

const EQUALS: Tree = ["mo", "="];
const DOT: Tree = ["mo", "\u00b7"];
const MOST = 40; // rows of a table

export function details(state: State, go: Go, line: (n: number) => void): Element[] {
  const { scene, run, selected: i } = state;
  if (i < 0) return [h("p", { class: "quiet" }, "Select a box to see how its number comes about.")];
  const parts: (Element | null)[] = [
    heading(state, i, line), formula(state, i), partials(state, i, go),
    state.mode === "forward" ? tangent(state, i, go) : null,
    state.mode === "reverse" ? adjoint(state, i, go) : null,
    facts(state, i),
  ];
  if (!run.active[i])
    parts.splice(1, 0, h("p", { class: "quiet" },
      "In a branch that is not taken here: it is neither computed nor differentiated."));
  return parts.filter((p): p is Element => p !== null && scene !== undefined);
}

function heading(state: State, i: number, line: (n: number) => void): Element {
  const { nodes } = state.scene;
  const kind = state.scene.outputs.some((o) => o.node === i) ? "output"
    : nodes.op[i] === "input" ? (state.scene.inputs.find((k) => k.node === i)?.active ? "input" : "data") : state.scene.operations[nodes.op[i]]?.doc ?? "";
  const number = nodes.line[i];
  return h("header", { class: "heading" },
    h("h2", {}, math(nameTree(state.scene, i))),
    h("span", { class: "quiet" }, kind),
    number > 0 && h("button", { class: "link", click: () => line(number) }, `line ${number}`));
}

function formula(state: State, i: number): Element {
  const { scene, run } = state;
  const name = nameTree(scene, i);
  const value = valueTree(state, i);
  const rows: Element[] = [];
  const numbers = withNumbers(scene, i, run.values);
  if (numbers) {
    rows.push(h("p", {}, math(name, EQUALS, expression(scene, i, { left: 24 }).tree)));
    if (run.active[i]) rows.push(h("p", { class: "numbers" }, math(EQUALS, numbers, EQUALS, value)));
  } else rows.push(h("p", {}, math(name, EQUALS, value)));
  return h("section", { class: "formula", "aria-label": "formula" }, ...rows);
}

function valueTree(state: State, i: number): Tree {
  const { scene, run } = state;
  const row = scene.operations[scene.nodes.op[i]];
  if (row && row.partials.length === 0) return ["mtext", run.values[i] ? "true" : "false"];
  return ["mn", show(run.values[i], 8)];
}

/** The local partials with respect to the operands. */
function partials(state: State, w: number, go: Go): Element | null {
  const { scene, edges, run } = state;
  const rows = edges.before[w].slice(0, MOST).map((e) => {
    const u = edges.from[e];
    const formula = partialTrees(scene, w, u);
    const value = show(run.partials[e], 6);
    const same = formula[0] === "mn" && formula[1] === value;
    return row(go, u, [leibniz(scene, w, u), EQUALS, formula], flows(edges, run, e) || same
      ? [EQUALS, ["mn", value]] : [["mtext", "not taken"]], same);
  });
  return rows.length ? section("Local partials", table(rows)) : null;
}

/** The tangent as the sum over operands. */
function tangent(state: State, w: number, go: Go): Element | null {
  const { scene, edges, run, from } = state;
  if (from < 0) return null;
  const slope = derivative(state, w)!;
  const seed = w === from;
  const found = edges.before[w].filter((e) => flows(edges, run, e) && state.reached[edges.from[e]]);
  const rows = found.slice(0, MOST).map((e) => {
    const u = edges.from[e];
    const term = product(derivative(state, u)!, run.partials[e]);
    return row(go, u, [leibniz(scene, u, from), DOT, leibniz(scene, w, u)], term);
  });
  return section("Tangent", total(leibniz(scene, w, from), slope, seed ? "the seed" : ""),
    table(rows), sumNote(found.length, "operand"));
}

/** The adjoint as the sum over consumers of adjoint times partial. */
function adjoint(state: State, u: number, go: Go): Element | null {
  const { scene, edges, run, to } = state;
  if (u > to) return null;
  const slope = derivative(state, u)!;
  const found = edges.after[u].filter((e) =>
    flows(edges, run, e) && state.reached[edges.to[e]]);
  const rows = found.slice(0, MOST).map((e) => {
    const w = edges.to[e];
    const term = product(derivative(state, w)!, run.partials[e]);
    return row(go, w, [leibniz(scene, to, w), DOT, leibniz(scene, w, u)], term);
  });
  return section("Adjoint", total(leibniz(scene, to, u), slope, u === to ? "the seed" : ""),
    table(rows), sumNote(found.length, "consumer"));
}

function product(a: number, b: number): Tree[] {
  const [left, right] = [numberPiece(a), numberPiece(b)];
  const second: Tree = right.prec < 10 ? ["mrow", ["mo", "("], right.tree, ["mo", ")"]] : right.tree;
  return [EQUALS, left.tree, DOT, second, EQUALS, ["mn", show(a * b)]];
}

function total(left: Tree, value: number, why: string): Element {
  return h("p", { class: "total", "data-value": String(value) },
    math(left, EQUALS, ["mn", show(value, 8)]), why ? h("span", { class: "quiet" }, ` ${why}`) : null);
}

function sumNote(count: number, thing: string): Element | null {
  return count > 1 ? h("p", { class: "quiet" }, `the sum over ${plural(count, thing)}`
    + (count > MOST ? `, the first ${MOST} shown` : "")) : null;
}

function facts(state: State, i: number): Element | null {
  const { scene, edges, to } = state;
  const notes: string[] = [];
  if (i < to && edges.after[i].length) {
    const count = countPaths(edges, i, to).get(i) ?? 0n;
    notes.push(`${plural(count, "path")} to ${nameText(scene, to)}`);
  }
  const row = scene.operations[scene.nodes.op[i]];
  if (row?.note && scene.nodes.op[i] !== "pow") notes.push(row.note);
  return notes.length ? h("p", { class: "quiet facts" }, notes.join(". ") + ".") : null;
}

function section(title: string, ...parts: (Element | null)[]): Element {
  return h("section", { "aria-label": title }, h("h3", {}, title), ...parts);
}

function table(rows: Element[]): Element | null {
  return rows.length ? h("div", { class: "terms" }, ...rows) : null;
}

function row(go: Go, node: number, left: Tree[], right: Tree[], alone = false): Element {
  return h("button", { class: "term", click: () => go(node) }, math(...left, ...(alone ? [] : right)));
}
