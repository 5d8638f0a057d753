/* What the command puts into the page; see graphc/view/scene.py. */

export type Tree = [string, ...(Tree | string | number)[]];
export type Num = number | string;

export interface Places {
  places: number[];
  routes: number[][];
  width: number;
  height: number;
}

export interface Picture {
  boxes: [head: number, kind: string, name: string, text: string, output: number][];
  sizes: number[];
  wires: [number, number][];
  down: Places;
  right?: Places;
}

export interface Operation {
  tree: Tree;
  prec: number;
  partials: Tree[];
  doc: string;
  note: string;
}

export interface Orders {
  edges: [number, number, number][];
  nodes: Record<string, number>;
  sources: number[];
  sinks: number[];
  orders: Record<"forward" | "reverse" | "chosen", number[]>;
}

/** Declared bounds of an input; null where there is none at an end. */
export interface Within {
  text: string;
  low: number | null;
  high: number | null;
  open: [low: boolean, high: boolean];
}

export interface Scene {
  file: string;
  doc: string;
  text: string;
  inputs: { name: string; node: number; active: boolean; value: Num; within: Within | null }[];
  outputs: { name: string; node: number }[];
  nodes: {
    op: string[];
    args: number[][];
    label: string[];
    letter: string; // which nodes without a name go by, with their number
    tree: Record<string, Tree>;
    owner: number[];
    line: number[];
    spans: Record<string, [number, number]>;
  };
  operations: Record<string, Operation>;
  tape: {
    ops: string[];
    code: number[];
    numbers: Num[];
    slots: number[];
    edges: [number, number, number][];
  };
  pictures: { statements: Picture; operations?: Picture; inside: Record<string, Picture> };
  orders: Orders | null;
  replaced: { before: string; after: string; why: string }[];
  notes: string[];
  bounds: number[]; // of the magnitudes that have a colour each
}

/** The scene in the page. */
export function readScene(): Scene {
  return JSON.parse(document.getElementById("scene")!.textContent!) as Scene;
}

/** Whether a number is inside declared bounds. */
export function isWithin(value: number, within: Within | null): boolean {
  if (!within) return true;
  const { low, high, open } = within;
  const above = low === null || value > low || (value === low && !open[0]);
  return above && (high === null || value < high || (value === high && !open[1]));
}

/** A number that may have travelled as text. */
export function toNumber(value: Num): number {
  if (typeof value === "number") return value;
  const text = value.trim().toLowerCase();
  if (text === "inf" || text === "+inf" || text === "infinity") return Infinity;
  if (text === "-inf" || text === "-infinity") return -Infinity;
  return text === "" || text === "nan" ? NaN : Number(text);
}
