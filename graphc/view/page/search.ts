/* Search among names, formulas and lines of the text. */

import { Scene } from "./scene";
import { cut } from "./text";

const MOST = 20;

export interface Found {
  node: number;
  title: string;
}

/** Nodes whose name begins with the words, then those that have them anywhere. */
export function find(scene: Scene, words: string): Found[] {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  const { label, op, owner } = scene.nodes;
  const first: Found[] = [];
  const then: Found[] = [];
  const said = new Map<number, string>();
  for (const [head, , name, text] of scene.pictures.statements.boxes)
    said.set(head, name && text ? `${name} = ${text}` : name || text);
  label.forEach((name, i) => {
    if (op[i] === "const" || (!name && op[i] !== wanted && `#${i}` !== wanted)) return;
    if (owner[i] < 0 && op[i] !== "input") return;
    const title = said.get(i) ?? (name || `#${i}: ${op[i]}`);
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) first.push({ node: i, title: cut(title, 44) });
    else if (title.toLowerCase().includes(wanted) || op[i] === wanted)
      then.push({ node: i, title: cut(title, 44) });
  });
  return [...first.sort((a, b) => label[a.node].length - label[b.node].length), ...then].slice(0, MOST);
}
