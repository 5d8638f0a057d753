/* The numbers: values and partials by the tape, tangents and adjoints by a sweep over the edges. */

import { OPERATIONS } from "./ops";
import { Scene, toNumber } from "./scene";

/** The edges of the linearised graph, numbered, by either end. */
export interface Edges {
  from: Int32Array;
  to: Int32Array;
  slot: Int32Array;
  one: Uint8Array; // the partial is the constant 1
  strong: Uint8Array; // a partial of a branch: where it is 0, nothing is multiplied
  after: number[][]; // edges that leave a node
  before: number[][]; // edges that arrive at a node
}

export interface Run {
  tape: Float64Array;
  values: Float64Array;
  partials: Float64Array;
  active: Uint8Array; // needed at this point: a branch that is not taken is not
}

export function edgesOf(scene: Scene): Edges {
  const { edges, code, ops, numbers } = scene.tape;
  const count = scene.nodes.op.length;
  const lists = (): number[][] => Array.from({ length: count }, () => []);
  const after = lists();
  const before = lists();
  edges.forEach(([u, w], e) => {
    after[u].push(e);
    before[w].push(e);
  });
  const op = (c: number): string => ops[code[4 * c]];
  const isOne = (c: number): boolean => op(c) === "const" && numbers[code[4 * c + 1]] === 1;
  return {
    from: Int32Array.from(edges, (e) => e[0]),
    to: Int32Array.from(edges, (e) => e[1]),
    slot: Int32Array.from(edges, (e) => e[2]),
    one: Uint8Array.from(edges, (e) => (isOne(e[2]) ? 1 : 0)),
    strong: Uint8Array.from(edges, (e) => (op(e[2]) === "where" ? 1 : 0)),
    after,
    before,
  };
}

/** All values and partials for these inputs. */
export function evaluate(scene: Scene, edges: Edges, inputs: number[]): Run {
  const { code, ops, numbers, slots } = scene.tape;
  const functions = ops.map((name) => OPERATIONS[name]);
  const tape = new Float64Array(code.length / 4);
  for (let i = 0, at = 0; i < tape.length; i++, at += 4) {
    const op = code[at];
    if (op === 0) tape[i] = toNumber(numbers[code[at + 1]]);
    else if (op === 1) tape[i] = inputs[code[at + 1]];
    else tape[i] = functions[op](tape[code[at + 1]], tape[code[at + 2]], tape[code[at + 3]]);
  }
  const values = Float64Array.from(slots, (s) => (s < 0 ? NaN : tape[s]));
  const partials = Float64Array.from(edges.slot, (c) => tape[c]);
  return { tape, values, partials, active: activity(scene, values) };
}

/** Which nodes the outputs need at this point. */
function activity(scene: Scene, values: Float64Array): Uint8Array {
  const { op, args } = scene.nodes;
  const active = new Uint8Array(op.length);
  for (const output of scene.outputs) active[output.node] = 1;
  for (let w = op.length - 1; w >= 0; w--) {
    if (!active[w]) continue;
    const [first, second, third] = args[w];
    if (op[w] === "where") {
      active[first] = 1;
      active[values[first] ? second : third] = 1;
    } else if (op[w] === "and" || op[w] === "or") {
      active[first] = 1;
      if (!values[first] === (op[w] === "or")) active[second] = 1;
    } else for (const u of args[w]) active[u] = 1;
  }
  return active;
}

/** Whether anything flows along an edge at this point. */
export function flows(edges: Edges, run: Run, e: number): boolean {
  if (!run.active[edges.from[e]] || !run.active[edges.to[e]]) return false;
  return !(edges.strong[e] && run.partials[e] === 0);
}

/** Derivatives, and where the sweep came to: what it did not reach is 0, and no factor. */
export interface Sweep {
  slopes: Float64Array;
  reached: Uint8Array;
}

function begin(run: Run, seed: number): Sweep {
  const sweep = { slopes: new Float64Array(run.values.length), reached: new Uint8Array(run.values.length) };
  sweep.slopes[seed] = sweep.reached[seed] = 1;
  return sweep;
}

/** The derivative of every node with respect to one, in one forward sweep. */
export function tangents(edges: Edges, run: Run, seed: number): Sweep {
  const sweep = begin(run, seed);
  const { slopes, reached } = sweep;
  for (let w = seed + 1; w < slopes.length; w++)
    for (const e of edges.before[w]) {
      const u = edges.from[e];
      if (!reached[u] || !flows(edges, run, e)) continue;
      slopes[w] += slopes[u] * run.partials[e];
      reached[w] = 1;
    }
  return sweep;
}

/** The derivative of one node with respect to every node, in one reverse sweep. */
export function adjoints(edges: Edges, run: Run, seed: number): Sweep {
  const sweep = begin(run, seed);
  const { slopes, reached } = sweep;
  for (let u = seed - 1; u >= 0; u--)
    for (const e of edges.after[u]) {
      const w = edges.to[e];
      if (!reached[w] || !flows(edges, run, e)) continue;
      slopes[u] += slopes[w] * run.partials[e];
      reached[u] = 1;
    }
  return sweep;
}

/** The nodes on some path between two, given and included. */
export function cone(edges: Edges, from: number, to: number): Uint8Array {
  const found = new Uint8Array(edges.after.length);
  found[from] = 1;
  for (let w = from + 1; w <= to; w++)
    if (edges.before[w].some((e) => found[edges.from[e]])) found[w] = 1;
  const both = new Uint8Array(found.length);
  if (!found[to]) return both;
  both[to] = 2;
  for (let u = to - 1; u >= from; u--)
    if (found[u] && edges.after[u].some((e) => both[edges.to[e]])) both[u] = 2;
  return both.map((x) => (x ? 1 : 0));
}

/** The nodes of each statement, by its head, the last first. */
export function members(scene: Scene): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const { owner } = scene.nodes;
  for (let i = owner.length - 1; i >= 0; i--) {
    const list = found.get(owner[i]);
    if (list) list.push(i);
    else if (owner[i] >= 0) found.set(owner[i], [i]);
  }
  return found;
}

/** The derivative of a statement's value with respect to a node, through the statement alone. */
export function throughStatement(
  edges: Edges, run: Run, nodes: number[], head: number, from: number,
): number | null {
  const found = new Map<number, number>([[head, 1]]);
  const total = (u: number): number | null => {
    let sum: number | null = null;
    for (const e of edges.after[u]) {
      const known = found.get(edges.to[e]);
      if (known !== undefined) sum = (sum ?? 0) + (flows(edges, run, e) ? known * run.partials[e] : 0);
    }
    return sum;
  };
  for (const u of nodes) {
    if (u === head || u === from) continue;
    const sum = total(u);
    if (sum !== null) found.set(u, sum);
  }
  return total(from);
}
