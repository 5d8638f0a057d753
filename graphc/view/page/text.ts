/* Numbers and formulas as a reader sees them. */

import { Scene, Tree } from "./scene";

const MINUS = "\u2212";

/** A number with four digits, or as many as asked for. */
export function show(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "nan";
  if (!isFinite(value)) return value > 0 ? "\u221e" : MINUS + "\u221e";
  if (value === 0) return "0";
  const text = Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4
    ? value.toExponential(digits - 1)
    : value.toPrecision(Math.max(digits, Math.ceil(Math.log10(Math.abs(value) + 1))));
  const [mantissa, exponent] = text.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  const sign = (part: string): string => part.replace(/-/g, MINUS);
  return sign(exponent ? `${short}e${exponent.replace("+", "")}` : short);
}

export function cut(text: string, limit = 30): string {
  return text.length <= limit ? text : text.slice(0, limit - 1) + "\u2026";
}

export function plural(count: number | bigint, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count == 1 ? "" : "s"}`; // == for both kinds
}

/** The first line of a box. */
export function caption(name: string, text: string): string {
  return cut(name && text ? `${name} = ${text}` : name || text);
}

// --- MathML -----------------------------------------------------------------------------------

export interface Piece {
  tree: Tree;
  prec: number;
}

const ATOM = 10;
const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

/** Elements for a tree; every text goes in as text. */
export function element(tree: Tree): Element {
  const found = document.createElementNS(NAMESPACE, tree[0]);
  for (const child of tree.slice(1))
    found.append(Array.isArray(child) ? element(child) : String(child));
  return found;
}

export function math(...trees: Tree[]): Element {
  return element(["math", ["mrow", ...trees]]);
}

/** A template with its places filled. */
export function fill(tree: Tree, args: Piece[]): Tree {
  if (tree[0] === "#") {
    const piece = args[tree[1] as number];
    const bare = piece.prec >= (tree[2] as number);
    return bare ? piece.tree : ["mrow", ["mo", "("], piece.tree, ["mo", ")"]];
  }
  return [tree[0], ...tree.slice(1).map((c) => (Array.isArray(c) ? fill(c, args) : c))] as Tree;
}

export function numberPiece(value: number): Piece {
  const text = show(value);
  return { tree: ["mn", text], prec: text.startsWith(MINUS) ? 8 : text.includes("e") ? 7 : ATOM };
}

/** What a node is called in a formula: its name, or a letter with its number, which `graphc show` has. */
export function nameTree(scene: Scene, i: number): Tree {
  const output = constantOutput(scene, i);
  if (output) return ["mi", output];
  return scene.nodes.tree[i] ?? ["msub", ["mi", scene.nodes.letter], ["mn", String(i)]];
}

/** The name of an output that is a constant. */
function constantOutput(scene: Scene, i: number): string | undefined {
  return scene.nodes.op[i] === "const" ? scene.outputs.find((o) => o.node === i)?.name : undefined;
}

/** What a node is called in a line of text: its name, a short formula, or its number as `graphc show` has it. */
export function nameText(scene: Scene, i: number): string {
  return constantOutput(scene, i) || scene.nodes.label[i] || formulas(scene).get(i) || `#${i}`;
}

let short: Map<number, string> | null = null;

/** The formulas of nodes without a name whose operands all have one. */
function formulas(scene: Scene): Map<number, string> {
  short ??= new Map((scene.pictures.operations?.boxes ?? [])
    .filter(([, , name, text]) => !name && text.length <= 16 && !text.includes("\u2022"))
    .map(([head, , , text]) => [head, text]));
  return short;
}

/** A node as an operand: its name, or its formula if it is short. */
export function operand(scene: Scene, i: number, budget = { left: 12 }): Piece {
  const known = scene.nodes.tree[i];
  if (known) return { tree: known, prec: String(known[1]).startsWith(MINUS) ? 8 : ATOM };
  if (budget.left-- <= 0) return { tree: nameTree(scene, i), prec: ATOM };
  return expression(scene, i, budget);
}

/** The operation of a node, in which operands without a name are written out. */
export function expression(scene: Scene, i: number, budget = { left: 12 }): Piece {
  const row = scene.operations[scene.nodes.op[i]];
  if (!row) return { tree: nameTree(scene, i), prec: ATOM };
  const args = scene.nodes.args[i].map((a) => operand(scene, a, budget));
  return { tree: fill(row.tree, args), prec: row.prec };
}

/** The operation of a node with numbers put in. */
export function withNumbers(scene: Scene, i: number, values: Float64Array): Tree | null {
  const row = scene.operations[scene.nodes.op[i]];
  const pieces = scene.nodes.args[i].map((a, k) => {
    const { tree, prec } = numberPiece(values[a]);
    return { tree, prec: k && prec < ATOM ? 1 : prec }; // 2 + (-1)
  });
  return row ? fill(row.tree, pieces) : null;
}

/** The local partials of a node with respect to one operand, one for each place it stands at. */
export function partialTrees(scene: Scene, w: number, u: number): Tree {
  const row = scene.operations[scene.nodes.op[w]];
  const args = scene.nodes.args[w];
  const exponent = scene.nodes.op[w] === "pow" && u !== args[1] ? Number(scene.nodes.label[args[1]]) : NaN;
  if (Number.isInteger(exponent)) return wholePower(operand(scene, u, { left: 4 }), exponent);
  const pieces = [...args.map((a) => operand(scene, a, { left: 4 })), outcome(scene, w)];
  const found = row.partials
    .filter((_, k) => args[k] === u)
    .map((tree) => fill(tree, pieces))
    .filter((tree) => !(tree[0] === "mn" && tree[1] === "0"));
  if (!found.length) return ["mn", "0"];
  return found.reduce((sum, tree) => ["mrow", sum, ["mo", "+"], tree]);
}

/** The derivative of a power with a whole exponent. */
function wholePower(base: Piece, exponent: number): Tree {
  const number = (n: number): Piece => ({ tree: ["mn", show(n)], prec: ATOM });
  const power: Tree = exponent === 2 ? ["#", 0, 7] : ["msup", ["#", 0, ATOM], ["#", 1, 0]];
  return fill(["mrow", ["#", 2, 7], ["mo", "\u00b7"], power], [base, number(exponent - 1), number(exponent)]);
}

function outcome(scene: Scene, w: number): Piece {
  return operand(scene, w, { left: 4 });
}

/** Leibniz' fraction; a node without a name goes by its formula if that is one operation. */
export function leibniz(scene: Scene, top: number, bottom: number): Tree {
  const part = (i: number): Tree => ["mrow", ["mo", "\u2202"], shortTree(scene, i)];
  return ["mfrac", part(top), part(bottom)];
}

function shortTree(scene: Scene, i: number): Tree {
  const { tree, op, args } = scene.nodes;
  if (tree[i] || op[i] === "where" || op[i] === "div" || !args[i].every((a) => tree[a])) return nameTree(scene, i);
  const { tree: formula, prec } = expression(scene, i);
  return prec >= ATOM && op[i] !== "pow" ? formula : ["mrow", ["mo", "("], formula, ["mo", ")"]];
}
