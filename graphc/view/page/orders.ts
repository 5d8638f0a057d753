/* Elimination, vertex by vertex: each is taken out, and every edge into it joined with every edge
   out of it.  A product by 1 or -1 is none; two edges between the same vertices add up. */

import { h } from "./dom";
import { Overlay } from "./picture";
import { Orders } from "./scene";
import { icon } from "./shell";
import { State } from "./state";
import { nameText, plural } from "./text";

export type Name = "forward" | "reverse" | "chosen";
export const NAMES: Name[] = ["forward", "reverse", "chosen"];

interface Step {
  products: number;
  sums: number;
  added: [number, number][];
}

/** What each step of an order costs, and the edges that it makes. */
export function replay(orders: Orders, order: number[]): Step[] {
  const after = new Map<number, Map<number, number>>();
  const before = new Map<number, Set<number>>();
  const join = (u: number, w: number, kind: number): void => {
    if (!after.has(u)) after.set(u, new Map());
    if (!before.has(w)) before.set(w, new Set());
    after.get(u)!.set(w, kind);
    before.get(w)!.add(u);
  };
  for (const [u, w, kind] of orders.edges) join(u, w, kind);
  let [products, sums] = [0, 0];
  return order.map((v) => {
    const added: [number, number][] = [];
    const out = [...(after.get(v) ?? [])];
    for (const u of [...(before.get(v) ?? [])]) {
      const inner = after.get(u)!.get(v)!;
      after.get(u)!.delete(v);
      for (const [w, outer] of out) {
        if (!inner && !outer) products++;
        const old = after.get(u)!.has(w);
        if (old) sums++;
        else added.push([u, w]);
        join(u, w, old ? 0 : inner * outer);
      }
    }
    for (const [w] of out) before.get(w)!.delete(v);
    after.delete(v);
    before.delete(v);
    return { products, sums, added };
  });
}

/** All steps of the three orders, worked out once. */
export function replays(orders: Orders): Record<Name, Step[]> {
  const of = (name: Name): Step[] => replay(orders, orders.orders[name]);
  return { forward: of("forward"), reverse: of("reverse"), chosen: of("chosen") };
}

/** What the picture shows after so many steps. */
export function overlay(state: State, steps: Record<Name, Step[]>): Overlay | null {
  const { orders } = state.scene;
  if (!orders || state.panel !== "orders" || !state.eliminated) return null;
  const box = boxOf(state, orders);
  const order = orders.orders[state.order].slice(0, state.eliminated);
  const out = new Set(order);
  const left = new Map<number, number>();
  for (const v of orders.orders[state.order]) if (!out.has(v)) left.set(box(v), v);
  const gone = new Set(order.map(box).filter((b) => !left.has(b)));
  const last = state.eliminated - 1;
  const added = new Map<string, { from: number; to: number; fresh: boolean }>();
  steps[state.order].slice(0, state.eliminated).forEach((step, k) => {
    for (const [u, w] of step.added) {
      const [from, to] = [box(u), box(w)];
      if (out.has(u) || out.has(w) || from === to) continue;
      added.set(`${from}>${to}`, { from, to, fresh: k === last });
    }
  });
  return { gone, current: box(order[last]), added: [...added.values()] };
}

/** The box that a vertex is drawn in. */
function boxOf(state: State, orders: Orders): (v: number) => number {
  const sinks = new Map(orders.sinks.map((sink, k) => [sink, state.scene.outputs[k].node]));
  const shown = new Set(state.drawing.boxes.map((b) => b.head));
  return (v) => {
    const node = orders.nodes[v] ?? sinks.get(v) ?? v;
    return shown.has(node) ? node : state.scene.nodes.owner[node];
  };
}

export interface OrderHandlers {
  choose(name: Name): void;
  step(count: number): void;
  play(): void;
}

/** The panel: three orders side by side, and the step reached. */
export function ordersPanel(state: State, steps: Record<Name, Step[]> | null, on: OrderHandlers): Element[] {
  const { scene } = state;
  if (!scene.orders || !steps)
    return [h("p", { class: "quiet" }, "There is nothing to eliminate here.")];
  const count = scene.orders.orders.reverse.length;
  const at = Math.min(state.eliminated, count);
  const least = Math.min(...NAMES.map((n) => steps[n][count - 1]?.products ?? 0));
  const row = (name: Name): Element => {
    const now = at ? steps[name][at - 1].products : 0;
    const all = steps[name][count - 1] ?? { products: 0, sums: 0 };
    const chosen = state.order === name;
    return h("tr", { class: chosen ? "chosen" : "" },
      h("th", { scope: "row" }, h("button", {
        class: "pick", "aria-pressed": String(chosen), click: () => on.choose(name),
      }, name === "chosen" ? "taken by graphc" : name)),
      h("td", { class: "now" }, String(now)),
      h("td", { class: all.products === least ? "least" : "" }, String(all.products)),
      h("td", {}, String(all.sums)));
  };
  const order = scene.orders.orders[state.order];
  const name = (v: number): string => {
    const inner = scene.orders!.nodes[v];
    return inner === undefined ? nameText(scene, v) : `${nameText(scene, inner)}/`;
  };
  const around = order.slice(Math.max(0, at - 4), at + 8);
  return [
    h("p", {}, "Differentiation takes vertices out one by one and joins what they lay between. "
      + "The order decides how many multiplications that takes; those by 1 and \u22121 are not counted."),
    h("table", { class: "orders" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "order"), h("th", { scope: "col" }, "so far"),
        h("th", { scope: "col" }, "products"), h("th", { scope: "col" }, "sums"))),
      h("tbody", {}, ...NAMES.map(row))),
    h("div", { class: "transport" },
      h("button", { "aria-label": "start again", click: () => on.step(0) }, icon("first")),
      h("button", { "aria-label": "one vertex back", click: () => on.step(at - 1) }, icon("back")),
      h("button", { "aria-label": "play the elimination", click: on.play }, icon(state.playing ? "pause" : "play")),
      h("button", { "aria-label": "one vertex on", click: () => on.step(at + 1) }, icon("next")),
      h("input", {
        type: "range", min: 0, max: count, value: at, "aria-label": "vertices taken out",
        input: (event) => on.step(Number((event.target as HTMLInputElement).value)),
      })),
    h("p", { class: "quiet", "aria-live": "polite" },
      at ? `${plural(at, "vertex").replace("vertexs", "vertices")} of ${count.toLocaleString("en")} taken out, last `
        + `${name(order[at - 1])}` : `${count.toLocaleString("en")} vertices`),
    h("p", { class: "sequence" }, ...around.map((v) => {
      const k = order.indexOf(v);
      return h("span", { class: k === at - 1 ? "last" : k < at ? "done" : "" }, name(v));
    }), order.length > at + 8 ? "\u2026" : ""),
  ];
}
