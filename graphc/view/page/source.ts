/* The text of the model, linked with the picture both ways.  Of a long text only the lines in the
   window are elements. */

import { h } from "./dom";
import { Scene } from "./scene";

const LONG = 1500; // lines; longer texts are drawn in part
const LINE = 19; // height of a line, as in page.css
const AROUND = 60; // lines drawn before and after those in the window

export class Source {
  readonly element: HTMLElement;
  private lines: string[];
  private starts: number[] = [];
  private nodes: Map<number, number>;
  private marked: [number, number] = [0, -1];
  private drawn: [number, number] = [0, 0];

  constructor(private scene: Scene, private select: (node: number) => void) {
    this.lines = scene.text.replace(/\n$/, "").split("\n");
    let at = 0;
    for (const line of this.lines) {
      this.starts.push(at);
      at += line.length + 1;
    }
    this.nodes = this.nodesByLine();
    this.element = h("div", { class: "source", "aria-label": "source text", role: "group" });
    this.element.addEventListener("scroll", () => this.draw());
    this.draw(true);
  }

  /** Mark the statement that a node comes from, or one line. */
  mark(node: number, line = 0): void {
    this.marked = node < 0 ? [0, -1] : line ? [line, line] : this.linesOf(node);
    const [first, last] = this.marked;
    const { scrollTop, clientHeight } = this.element;
    const top = (first - 1) * LINE;
    if (clientHeight && last >= first && (top < scrollTop || last * LINE > scrollTop + clientHeight))
      this.element.scrollTop = top - clientHeight / 3; // the pane alone scrolls, never the page
    this.draw(true);
  }

  private linesOf(node: number): [number, number] {
    const { label, owner, line, spans } = this.scene.nodes;
    const span = spans[label[owner[node]] ?? ""] ?? spans[label[node]];
    if (span) return [this.lineAt(span[0]), this.lineAt(span[1] - 1)];
    return line[node] ? [line[node], line[node]] : [0, -1];
  }

  private draw(anew = false): void {
    const count = this.lines.length;
    const { scrollTop, clientHeight } = this.element;
    const from = count > LONG ? Math.max(0, Math.floor(scrollTop / LINE) - AROUND) : 0;
    const to = count > LONG
      ? Math.min(count, Math.ceil((scrollTop + (clientHeight || 600)) / LINE) + AROUND) : count;
    const [first, last] = this.drawn;
    const enough = first <= Math.max(0, from + AROUND / 2) && last >= Math.min(count, to - AROUND / 2);
    if (!anew && enough) return;
    this.drawn = [from, to];
    const room = (lines: number): HTMLElement | null => {
      if (!lines) return null;
      const found = h("div");
      found.style.height = `${lines * LINE}px`;
      return found;
    };
    const shown = this.lines.slice(from, to).map((line, k) => this.line(from + k + 1, line));
    const all = [room(from), ...shown, room(count - to)].filter((x): x is HTMLElement => x !== null);
    this.element.replaceChildren(...all);
    this.stop();
  }

  private line(number: number, line: string): HTMLElement {
    const node = this.nodes.get(number);
    const parts = [h("span", { class: "no" }, String(number)), h("code", {}, line || " ")];
    const marked = number >= this.marked[0] && number <= this.marked[1] ? " marked" : "";
    return node === undefined ? h("div", { class: `line${marked}` }, ...parts)
      : h("button", {
        class: `line linked${marked}`, tabindex: -1,
        click: () => {
          this.select(node);
          this.focus(number);
        },
        keydown: (event) => this.key(event as KeyboardEvent, number),
      }, ...parts);
  }

  /** Arrow keys go from line to line; Tab has one stop for all of them. */
  private key(event: KeyboardEvent, number: number): void {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    let next = number + by;
    while (next >= 1 && next <= this.lines.length && !this.nodes.has(next)) next += by;
    const node = this.nodes.get(next);
    if (node === undefined) return;
    this.select(node);
    this.focus(next);
  }

  private focus(number: number): void {
    const found = [...this.element.querySelectorAll<HTMLElement>(".linked")]
      .find((line) => line.firstChild!.textContent === String(number));
    found?.focus();
  }

  /** One line that Tab comes to: the marked one, else the first. */
  private stop(): void {
    const line = this.element.querySelector<HTMLElement>(".linked.marked") ?? this.element.querySelector(".linked");
    line?.setAttribute("tabindex", "0");
  }

  private lineAt(offset: number): number {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The statement or input that each line defines, else the last node that comes from it. */
  private nodesByLine(): Map<number, number> {
    const { label, line, op, owner, spans } = this.scene.nodes;
    const found = new Map<number, number>();
    const named = new Map<string, number>();
    label.forEach((name, i) => name && named.set(name, i));
    line.forEach((n, i) => n > 0 && (owner[i] >= 0 || op[i] === "input") && found.set(n, i));
    for (const [name, [start, end]] of Object.entries(spans)) {
      const node = named.get(name);
      if (node === undefined) continue;
      for (let n = this.lineAt(start); n <= this.lineAt(end - 1); n++) found.set(n, node);
    }
    return found;
  }
}
