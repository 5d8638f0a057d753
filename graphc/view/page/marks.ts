/* What is pointed out in the picture: steps, paths, and magnitudes. */

import { Box, Wire } from "./drawing";
import { cone } from "./model";
import { State, revealed } from "./state";

/** The class of a colour for a magnitude. */
export function tone(state: State, value: number | null): string {
  if (value === null) return "";
  if (Number.isNaN(value)) return "nan";
  const { bounds } = state.scene;
  return `m${bounds.filter((bound) => Math.abs(value) >= bound).length}`;
}

export interface Marks {
  shown: Set<number> | null;
  current: number;
  between: Uint8Array | null;
  owners: Set<number>;
  path: number[] | null;
}

export function marksOf(state: State): Marks {
  const { shown, current } = revealed(state);
  const path = state.path;
  const between = state.panel === "paths" && state.from >= 0
    ? path ? pathNodes(state, path) : cone(state.edges, state.from, state.to) : null;
  return { shown, current, between, owners: ownersOf(state, between), path };
}

/** Whether a node has a part in the derivative that is shown. */
export function carries(state: State, i: number): boolean {
  if (state.mode === "reverse") return i <= state.to && (i === state.to || state.edges.after[i].length > 0);
  return i === state.from || (i > state.from && state.edges.before[i].length > 0);
}

function pathNodes(state: State, path: number[]): Uint8Array {
  const found = new Uint8Array(state.scene.nodes.op.length);
  for (const i of path) found[i] = 1;
  return found;
}

function ownersOf(state: State, between: Uint8Array | null): Set<number> {
  const found = new Set<number>();
  between?.forEach((inside, i) => inside && found.add(state.scene.nodes.owner[i]));
  return found;
}

export function isIn(box: Box, marks: Marks): boolean {
  const alone = box.kind !== "statement" || box.within >= 0;
  return marks.between![box.head] === 1 || (!alone && marks.owners.has(box.head));
}

export function onPath(state: State, wire: Wire, path: number[]): boolean {
  const { boxes } = state.drawing;
  const { owner } = state.scene.nodes;
  const [from, to] = [boxes[wire.from], boxes[wire.to]];
  const holds = (box: Box, i: number): boolean =>
    box.head === i || (box.kind === "statement" && box.within < 0 && owner[i] === box.head);
  return path.some((u, k) => k + 1 < path.length && holds(from, u) && holds(to, path[k + 1]));
}
