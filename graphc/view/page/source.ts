/* The text of the model, linked with the picture both ways. */

import { h } from "./dom";
import { Scene } from "./scene";

export class Source {
  readonly element: HTMLElement;
  private lines: HTMLElement[];
  private starts: number[] = [];

  constructor(private scene: Scene, select: (node: number) => void) {
    const lines = scene.text.replace(/\n$/, "").split("\n");
    let at = 0;
    for (const line of lines) {
      this.starts.push(at);
      at += line.length + 1;
    }
    const nodes = this.nodesByLine();
    this.lines = lines.map((line, k) => {
      const node = nodes.get(k + 1);
      const parts = [h("span", { class: "no" }, String(k + 1)), h("code", {}, line || " ")];
      return node === undefined ? h("div", { class: "line" }, ...parts)
        : h("button", { class: "line linked", click: () => select(node) }, ...parts);
    });
    this.element = h("div", { class: "source", "aria-label": "source text", role: "group" }, ...this.lines);
  }

  /** Mark the statement that a node comes from. */
  mark(node: number, line = 0): void {
    for (const element of this.element.querySelectorAll(".marked")) element.classList.remove("marked");
    if (node < 0) return;
    const { label, owner } = this.scene.nodes;
    const own = this.scene.nodes.line[node];
    const span = this.scene.nodes.spans[label[owner[node]] ?? ""] ?? this.scene.nodes.spans[label[node]];
    const [first, last] = line ? [line, line] : span ? [this.lineAt(span[0]), this.lineAt(span[1] - 1)] : [own, own];
    for (let k = first; k <= last; k++) this.lines[k - 1]?.classList.add("marked");
    this.show(this.lines[first - 1]);
  }

  /** Scroll the pane alone, never the page. */
  private show(line: HTMLElement | undefined): void {
    if (!line || !this.element.clientHeight) return;
    const top = line.offsetTop - this.element.offsetTop;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop || top > scrollTop + clientHeight - 30)
      this.element.scrollTop = top - clientHeight / 3;
  }

  private lineAt(offset: number): number {
    let found = 0;
    for (let k = 0; k < this.starts.length && this.starts[k] <= offset; k++) found = k;
    return found + 1;
  }

  /** The statement or input that each line defines, else the last node that comes from it. */
  private nodesByLine(): Map<number, number> {
    const { label, line, owner, spans } = this.scene.nodes;
    const found = new Map<number, number>();
    const named = new Map<string, number>();
    label.forEach((name, i) => name && named.set(name, i));
    line.forEach((n, i) => n > 0 && (owner[i] >= 0 || this.scene.nodes.op[i] === "input") && found.set(n, i));
    for (const [name, [start, end]] of Object.entries(spans)) {
      const node = named.get(name);
      if (node === undefined) continue;
      for (let n = this.lineAt(start); n <= this.lineAt(end - 1); n++) found.set(n, node);
    }
    return found;
  }
}
