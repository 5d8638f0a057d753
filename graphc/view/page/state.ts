/* What the reader has chosen, and the numbers that follow from it. */

import { Drawing, Look, draw } from "./drawing";
import { Edges, Run, adjoints, cone, edgesOf, evaluate, tangents } from "./model";
import { Scene, toNumber } from "./scene";

export type Mode = "value" | "forward" | "reverse";
export type Panel = "details" | "paths" | "orders";

export interface State {
  scene: Scene;
  edges: Edges;
  inputs: number[];
  run: Run;
  mode: Mode;
  from: number; // node of the input that forward mode and paths begin at, or -1
  to: number; // node of the output that reverse mode and paths end at
  derivatives: Float64Array | null; // tangents or adjoints
  reached: Uint8Array; // by the sweep that found them
  look: Look;
  drawing: Drawing;
  panel: Panel;
  selected: number; // node, or -1
  path: number[] | null; // one path that is pointed at
  step: number | null; // null: everything is shown
  steps: number[]; // boxes of the drawing, in the order of the steps
  playing: boolean;
  order: "forward" | "reverse" | "chosen";
  eliminated: number;
}

const SMALL = 24; // boxes: so many operations are shown at once

export function start(scene: Scene): State {
  const edges = edgesOf(scene);
  const inputs = scene.inputs.map((i) => toNumber(i.value));
  const run = evaluate(scene, edges, inputs);
  const { operations, statements } = scene.pictures;
  const few = operations !== undefined && operations.boxes.length <= SMALL;
  const alone = operations !== undefined && statements.boxes.length <= 3;
  const look: Look = {
    level: few || alone ? "operations" : "statements",
    down: true, opened: new Set(), kept: null,
  };
  const first = scene.inputs.find((i) => i.active && i.node >= 0);
  const state: State = {
    scene, edges, inputs, run, look,
    mode: first ? "reverse" : "value",
    from: first ? first.node : -1,
    to: scene.outputs[0].node,
    derivatives: null, reached: new Uint8Array(),
    drawing: draw(scene, look),
    panel: "details",
    selected: scene.outputs[0].node,
    path: null, step: null, steps: [], playing: false,
    order: "reverse", eliminated: 0,
  };
  recompute(state);
  arrange(state);
  return state;
}

/** The numbers, after an input or the mode has changed. */
export function recompute(state: State): void {
  const { scene, edges } = state;
  state.run = evaluate(scene, edges, state.inputs);
  const sweep = state.mode === "reverse" ? adjoints(edges, state.run, state.to)
    : state.mode === "forward" && state.from >= 0 ? tangents(edges, state.run, state.from) : null;
  state.derivatives = sweep && sweep.slopes;
  if (sweep) state.reached = sweep.reached;
  arrangeSteps(state);
}

/** The drawing, after what is shown has changed. */
export function arrange(state: State): void {
  state.drawing = draw(state.scene, state.look);
  arrangeSteps(state);
}

function arrangeSteps(state: State): void {
  const { boxes } = state.drawing;
  const order = boxes.map((_, k) => k).filter((k) => !boxes[k].frame && !isPort(state, k));
  order.sort((a, b) => boxes[a].head - boxes[b].head);
  state.steps = state.mode === "reverse"
    ? order.filter((k) => boxes[k].head <= state.to).reverse() : order;
  if (state.step !== null) state.step = Math.min(state.step, state.steps.length);
}

/** Whether a box in an open statement stands for a value from elsewhere. */
export function isPort(state: State, k: number): boolean {
  const { head, within } = state.drawing.boxes[k];
  return within >= 0 && state.scene.nodes.owner[head] !== within;
}

/** The boxes whose numbers are shown at this step, and the one that is worked on. */
export function revealed(state: State): { shown: Set<number> | null; current: number } {
  if (state.step === null) return { shown: null, current: -1 };
  const heads = state.steps.slice(0, state.step).map((k) => state.drawing.boxes[k].head);
  return { shown: new Set(heads), current: state.step ? heads[heads.length - 1] : -1 };
}

/** The nodes between the chosen input and the chosen output. */
export function chosenCone(state: State): Uint8Array | null {
  return state.from < 0 ? null : cone(state.edges, state.from, state.to);
}

export function derivative(state: State, i: number): number | null {
  return state.derivatives === null ? null : state.derivatives[i];
}
