/* The number on a wire, and where it can stand without covering another. */

import { Wire } from "./drawing";
import { members, throughStatement } from "./model";
import { State } from "./state";

type Values = (wire: Wire) => number | null;

let last: { run: unknown; drawing: unknown; values: Values } | null = null;

/** What each wire carries: the local partial, or for statements the sum over the paths inside. */
export function wireValues(state: State): Values {
  if (last?.run !== state.run || last.drawing !== state.drawing)
    last = { run: state.run, drawing: state.drawing, values: remembered(valuesOf(state)) };
  return last.values;
}

function remembered(values: Values): Values {
  const known = new Map<Wire, number | null>();
  return (wire) => {
    let found = known.get(wire);
    if (found === undefined) known.set(wire, (found = values(wire)));
    return found;
  };
}

interface Links {
  statements: Map<number, number[]>;
  used: Map<string, number[]>; // nodes of one statement that another one uses
}

let links: Links | null = null;

function linksOf(state: State): Links {
  const { scene, edges } = state;
  const owner = scene.nodes.owner;
  const used = new Map<string, number[]>();
  edges.from.forEach((u, e) => {
    const key = `${owner[u] < 0 ? u : owner[u]}>${owner[edges.to[e]]}`;
    const list = used.get(key);
    if (list) list.push(u);
    else used.set(key, [u]);
  });
  return { statements: members(scene), used };
}

function valuesOf(state: State): Values {
  const { edges, run, drawing } = state;
  const { statements, used } = (links ??= linksOf(state));
  return (wire) => {
    const [from, to] = [drawing.boxes[wire.from], drawing.boxes[wire.to]];
    if (to.kind !== "statement" || to.within >= 0) {
      const e = edges.after[from.head].find((x) => edges.to[x] === to.head);
      return e === undefined ? null : run.partials[e];
    }
    const nodes = used.get(`${from.head}>${to.head}`) ?? [];
    const source = nodes.includes(from.head) ? from.head : nodes[0];
    if (source === undefined) return null;
    return throughStatement(edges, run, statements.get(to.head) ?? [], to.head, source);
  };
}

export type Rect = [left: number, top: number, right: number, bottom: number];

/** A place on a wire for a label of this size that is free; null if there is none. */
export function placeOn(
  wire: Wire, down: boolean, width: number, height: number, taken: Rect[], must: boolean,
): [number, number] | null {
  const { points } = wire;
  const count = points.length / 2 - 1;
  const segments = count > 1 ? [count - 1, count - 2, 0] : [0];
  let first: [number, number] | null = null;
  for (const n of segments) {
    const [x0, y0, x1, y1] = points.slice(2 * n, 2 * n + 4);
    if (Math.hypot(x1 - x0, y1 - y0) < height) continue;
    for (const t of [0.5, 0.62, 0.38, 0.74, 0.26]) {
      const at = along(x0, y0, x1, y1, t, down);
      first ??= at;
      const box: Rect = [at[0] - width / 2, at[1] - height / 2, at[0] + width / 2, at[1] + height / 2];
      if (taken.some((r) => r[0] < box[2] && r[2] > box[0] && r[1] < box[3] && r[3] > box[1])) continue;
      taken.push(box);
      return at;
    }
  }
  return must ? first : null;
}

/** A point of the curve between two points of a wire. */
function along(
  x0: number, y0: number, x1: number, y1: number, t: number, down: boolean,
): [number, number] {
  const ease = t * t * (3 - 2 * t);
  const cubic = 1.5 * t - 1.5 * t * t + t * t * t;
  return down ? [x0 + (x1 - x0) * ease, y0 + (y1 - y0) * cubic]
    : [x0 + (x1 - x0) * cubic, y0 + (y1 - y0) * ease];
}

/** The path of a wire: straight along the ranks, curved between them. */
export function wirePath(points: number[], down: boolean): string {
  let path = `M${points[0]} ${points[1]}`;
  for (let k = 2; k < points.length; k += 2) {
    const [x0, y0, x1, y1] = points.slice(k - 2, k + 2);
    if (x0 === x1 || y0 === y1) path += `L${x1} ${y1}`;
    else if (down) path += `C${x0} ${(y0 + y1) / 2} ${x1} ${(y0 + y1) / 2} ${x1} ${y1}`;
    else path += `C${(x0 + x1) / 2} ${y0} ${(x0 + x1) / 2} ${y1} ${x1} ${y1}`;
  }
  return path;
}

/** The head of an arrow at the end of a wire. */
export function arrowPath(points: number[], down: boolean): string {
  const [x, y] = points.slice(-2);
  return down ? `M${x} ${y}l-3.4 -7h6.8z` : `M${x} ${y}l-7 -3.4v6.8z`;
}
