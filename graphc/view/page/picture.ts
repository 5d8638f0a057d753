/* The graph as SVG.  Elements exist for what is in the window only, so that thousands of boxes stay
   fluent; from far away all boxes and wires are a few paths. */

import { s, text } from "./dom";
import { Box, Wire } from "./drawing";
import { Rect, arrowPath, placeOn, wirePath, wireValues } from "./labels";
import { Marks, carries, isIn, marksOf, onPath, tone } from "./marks";
import { lengthOf, squeeze } from "./ruler";
import { State, derivative, isPort } from "./state";
import { caption, show } from "./text";
import { Viewport } from "./viewport";

export interface Handlers {
  select(box: Box): void;
  toggle(box: Box): void;
  hover(box: Box | null, at?: DOMRect): void;
  moved(): void;
}

interface Shown {
  group: SVGGElement;
  lines: SVGTextElement[];
}

export interface Overlay {
  gone: Set<number>; // vertices that are eliminated
  current: number;
  added: { from: number; to: number; fresh: boolean }[]; // edges that joining has made
}

const FAR = 0.3;
const LABELS = 0.5;
const CROWDED = 350; // wires in the window; more are drawn thinner
const MANY = 400; // wires; among more, only those pointed at have labels

export class Picture {
  readonly svg: SVGSVGElement;
  readonly lens: Viewport;
  overlay: Overlay | null = null;
  whole = false; // everything is drawn, for print
  private world = s("g");
  private layers = ["far", "frames", "wires", "extra", "boxes", "labels"].map((name) =>
    s("g", { class: name }));
  private boxes = new Map<string, Shown>();
  private wires = new Map<string, SVGGElement>();
  private ports = new Set<string>();
  private hovered = "";
  private state: State;

  constructor(state: State, private handlers: Handlers) {
    this.state = state;
    this.world.append(...this.layers);
    this.svg = s("svg", { id: "graph", role: "group", "aria-label": "the graph", tabindex: -1 });
    this.svg.append(this.world);
    this.lens = new Viewport(this.svg, () => state.drawing, () => {
      this.paint(false);
      handlers.moved();
    });
  }

  /** Everything anew, after the drawing has changed. */
  redraw(): void {
    const held = this.world.contains(document.activeElement)
      ? document.activeElement!.getAttribute("data-key") ?? "" : null;
    for (const layer of this.layers) layer.replaceChildren();
    this.boxes.clear();
    this.wires.clear();
    this.layers[0].replaceChildren();
    this.ports = new Set(this.state.drawing.boxes.filter((_, k) => isPort(this.state, k)).map((b) => b.key));
    this.refresh();
    if (held !== null) (this.boxes.get(held)?.group ?? this.svg).focus(); // or Tab begins at the top
  }

  /** Numbers and classes anew. */
  refresh(): void {
    this.paint(true);
  }

  focus(key: string): void {
    this.paint(false);
    this.boxes.get(key)?.group.focus();
  }

  // --- painting -------------------------------------------------------------------------------

  private paint(fresh: boolean): void {
    const { state } = this;
    const { view } = this.lens;
    const [w, h] = this.lens.size();
    if (this.whole) {
      const { width, height } = state.drawing;
      this.svg.setAttribute("viewBox", `-8 -8 ${width + 16} ${height + 16}`);
      this.world.removeAttribute("transform");
    } else {
      this.svg.removeAttribute("viewBox");
      this.world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
    }
    const far = view.k < FAR && !this.whole;
    this.world.classList.toggle("is-far", far);
    const margin = 80 / view.k;
    const window: Rect = this.whole ? [-Infinity, -Infinity, Infinity, Infinity] : [
      -view.x / view.k - margin, -view.y / view.k - margin,
      (w - view.x) / view.k + margin, (h - view.y) / view.k + margin,
    ];
    if (far) {
      if (fresh || !this.layers[0].childElementCount) this.drawFar();
      this.keepOnly(new Set(), new Set());
      this.layers[5].replaceChildren();
      this.drawOverlay();
      return;
    }
    const boxes = state.drawing.boxes.filter((b) =>
      b.x + b.w / 2 > window[0] && b.x - b.w / 2 < window[2]
      && b.y + b.h / 2 > window[1] && b.y - b.h / 2 < window[3]);
    const wires = state.drawing.wires.filter(({ bounds: b }) =>
      b[2] >= window[0] && b[0] <= window[2] && b[3] >= window[1] && b[1] <= window[3]);
    this.keepOnly(new Set(boxes.map((b) => b.key)), new Set(wires.map((x) => x.key)));
    this.svg.classList.toggle("crowded", wires.length > CROWDED);
    const marks = marksOf(this.state);
    let added = false;
    for (const wire of wires) {
      const made = !this.wires.has(wire.key);
      if (made) this.addWire(wire);
      if (made || fresh) this.styleWire(wire, marks);
      added ||= made;
    }
    for (const box of boxes) {
      const made = !this.boxes.has(box.key);
      if (made) this.addBox(box);
      if (made || fresh) this.styleBox(box, marks);
    }
    if (fresh || added || !this.layers[5].childElementCount) this.drawLabels(wires, marks);
    this.drawOverlay();
  }

  private keepOnly(boxes: Set<string>, wires: Set<string>): void {
    for (const [key, shown] of this.boxes)
      if (!boxes.has(key) && shown.group !== document.activeElement) {
        shown.group.remove();
        this.boxes.delete(key);
      }
    for (const [key, group] of this.wires)
      if (!wires.has(key)) {
        group.remove();
        this.wires.delete(key);
      }
  }

  private drawFar(): void {
    const { boxes, wires, down } = this.state.drawing;
    const groups = new Map<string, string>();
    for (const box of boxes) {
      const name = box.frame ? "frame" : tone(this.state, derivative(this.state, box.head)) || box.kind;
      const d = `M${box.x - box.w / 2} ${box.y - box.h / 2}h${box.w}v${box.h}h${-box.w}z`;
      groups.set(name, (groups.get(name) ?? "") + d);
    }
    const lines = wires.map((x) => wirePath(x.points, down)).join("");
    this.layers[0].replaceChildren(
      s("path", { class: "far-wires", d: lines }),
      ...[...groups].map(([name, d]) => s("path", { class: `far-boxes ${name}`, d })));
  }

  private addBox(box: Box): void {
    const [x, y, w, h] = [-box.w / 2, -box.h / 2, box.w, box.h];
    const round = box.kind === "input" || box.kind === "data" ? h / 2 : 5;
    const group = s("g", {
      class: "box", tabindex: 0, role: "button", "data-key": box.key,
      transform: `translate(${box.x} ${box.y})`,
    });
    if (box.output) group.append(s("rect", { class: "outer", x: x - 3.5, y: y - 3.5, width: w + 7, height: h + 7, rx: 8 }));
    group.append(s("rect", { class: "body", x, y, width: w, height: h, rx: round }));
    const lines = [s("text", { class: "name" }), s("text", { class: "value" }), s("text", { class: "slope" })];
    if (box.opens) lines[0].setAttribute("x", "-7");
    if (box.frame) {
      lines[0].setAttribute("x", String(x + 14));
      lines[0].setAttribute("y", String(y + 20));
    }
    group.append(...lines);
    if (box.opens || box.frame) {
      const toggle = s("g", { class: "toggle", transform: `translate(${x + w - 13} ${y + 13})` },
        s("circle", { r: 8 }), s("path", { d: box.frame ? "M-4 0h8" : "M-4 0h8M0 -4v8" }));
      toggle.addEventListener("click", (event) => {
        event.stopPropagation();
        this.handlers.toggle(box);
      });
      group.append(toggle);
    }
    group.addEventListener("click", () => this.handlers.select(box));
    group.addEventListener("dblclick", () => this.handlers.toggle(box));
    group.addEventListener("keydown", (event) => this.boxKey(event, box));
    group.addEventListener("pointerenter", () => this.point(box, group));
    group.addEventListener("focus", () => group.matches(":focus-visible") && this.point(box, group));
    for (const name of ["pointerleave", "blur"] as const)
      group.addEventListener(name, () => this.point(null));
    this.layers[box.frame ? 1 : 4].append(group);
    this.boxes.set(box.key, { group, lines });
  }

  private boxKey(event: KeyboardEvent, box: Box): void {
    if (event.key === "Enter") {
      this.handlers.select(box);
      if (box.opens || box.frame) this.handlers.toggle(box);
    } else if (event.key === " ") this.handlers.select(box);
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.follow(event.key, box);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** To the first operand of a box, or to the first that uses it. */
  private follow(key: string, box: Box): void {
    const { boxes, wires } = this.state.drawing;
    const up = key === "ArrowUp";
    const found = wires.find((w) => boxes[up ? w.to : w.from].key === box.key);
    if (!found) return;
    const next = boxes[up ? found.from : found.to];
    this.lens.reveal(next);
    this.handlers.select(next);
    this.focus(next.key);
  }

  private point(box: Box | null, group?: Element): void {
    this.hovered = box ? box.key : "";
    this.handlers.hover(box, group?.getBoundingClientRect());
    this.refresh();
  }

  private styleBox(box: Box, marks: Marks): void {
    const { state } = this;
    const { run, scene, mode } = state;
    const { group, lines } = this.boxes.get(box.key)!;
    const active = run.active[box.head] === 1;
    const isShown = marks.shown === null || marks.shown.has(box.head);
    const slope = derivative(state, box.head);
    const slopeShown = slope !== null && active && isShown && carries(state, box.head);
    const valueShown = active && (isShown || mode === "reverse");
    const formula = box.frame || box.kind === "statement" || box.kind === "operation";
    const name = formula && !(this.ports.has(box.key) && box.name)
      ? caption(box.name, box.text) : caption(box.name, box.kind === "constant" ? box.text : "");
    text(lines[0], name);
    const condition = scene.operations[scene.nodes.op[box.head]]?.partials.length === 0;
    const value = condition ? (run.values[box.head] ? "true" : "false") : show(run.values[box.head]);
    const leaf = box.kind === "input" || box.kind === "data";
    text(lines[1], box.frame ? "" : leaf && isShown ? value
      : !active ? "not taken" : valueShown ? value : "\u00b7");
    const word = mode === "forward" ? "tangent" : "adjoint";
    text(lines[2], slopeShown && !box.frame ? `${word} ${show(slope)}` : "");
    if (!box.frame) {
      const three = lines[2].textContent !== "" || mode !== "value";
      lines[0].setAttribute("y", three ? "-11" : "-4");
      lines[1].setAttribute("y", three ? "6" : "15");
      lines[2].setAttribute("y", "22");
    }
    squeeze(lines[0], box.w - (box.frame ? 50 : box.opens ? 44 : 14), 13, 600);
    squeeze(lines[2], box.w - 10, 11.5);
    const open = box.opens || box.frame ? (box.frame ? ", open" : ", closed") : "";
    const gone = this.overlay?.gone;
    const faded = (marks.between !== null && !isIn(box, marks)) || !!gone?.has(box.head);
    group.setAttribute("class", [
      "box", box.kind, slopeShown && !box.frame ? tone(state, slope) : "", active ? "" : "idle",
      box.output ? "output" : "", box.frame ? "frame" : "", this.ports.has(box.key) ? "port" : "",
      state.selected === box.head ? "selected" : "", faded ? "faded" : "",
      marks.current === box.head || this.overlay?.current === box.head ? "current" : "",
      box.opens ? "opens" : "",
    ].filter(Boolean).join(" "));
    const said = slopeShown ? `, ${word} ${show(slope)}` : "";
    group.setAttribute("aria-label", `${name}, ${active ? `value ${value}` : "not taken"}${said}${open}`);
    if (box.opens || box.frame) group.setAttribute("aria-expanded", String(box.frame));
  }

  private addWire(wire: Wire): void {
    const { down } = this.state.drawing;
    const group = s("g", { class: "wire" },
      s("path", { class: "line", d: wirePath(wire.points, down) }),
      s("path", { class: "arrow", d: arrowPath(wire.points, down) }));
    this.layers[2].append(group);
    this.wires.set(wire.key, group);
  }

  private styleWire(wire: Wire, marks: Marks): void {
    const { state } = this;
    const [from, to] = [state.drawing.boxes[wire.from], state.drawing.boxes[wire.to]];
    const idle = !state.run.active[from.head] || !state.run.active[to.head] || this.blocked(wire);
    const inside = marks.between !== null && isIn(from, marks) && isIn(to, marks)
      && (!marks.path || onPath(state, wire, marks.path));
    const near = this.hovered === from.key || this.hovered === to.key;
    const worked = marks.current >= 0
      && (state.mode === "reverse" ? from.head === marks.current : to.head === marks.current);
    const gone = this.overlay?.gone;
    const faded = (marks.between !== null && !inside) || !!(gone?.has(from.head) || gone?.has(to.head));
    this.wires.get(wire.key)!.setAttribute("class", [
      "wire", idle ? "idle" : "", inside ? "lit" : "", faded ? "faded" : "",
      near ? "near" : "", worked ? "worked" : "",
    ].filter(Boolean).join(" "));
  }

  /** Whether a wire leads into a branch that is not taken. */
  private blocked(wire: Wire): boolean {
    const { drawing, scene, run } = this.state;
    const [from, to] = [drawing.boxes[wire.from], drawing.boxes[wire.to]];
    if (scene.nodes.op[to.head] !== "where" || to.kind === "statement") return false;
    const [condition, yes, no] = scene.nodes.args[to.head];
    const other = run.values[condition] ? no : yes;
    return from.head === other && other !== condition && yes !== no;
  }

  private drawLabels(wires: Wire[], marks: Marks): void {
    const { state } = this;
    const layer = this.layers[5];
    const values = wireValues(state);
    const special = (w: Wire): boolean => {
      const { boxes } = state.drawing;
      const ends = [boxes[w.from], boxes[w.to]];
      return ends.some((b) => b.key === this.hovered || b.head === marks.current || b.head === state.selected);
    };
    const all = (this.lens.view.k >= LABELS && wires.length <= MANY) || this.whole;
    const chosen = wires.filter((w) => all || special(w));
    chosen.sort((a, b) => Number(special(b)) - Number(special(a)));
    const taken: Rect[] = [];
    const made: Element[] = [];
    for (const wire of chosen.slice(0, MANY)) {
      if (this.wires.get(wire.key)?.classList.contains("idle")) continue;
      const value = values(wire);
      if (value === null) continue;
      const label = show(value, 3);
      const length = lengthOf(label, 11.5, 600) + 5;
      const at = placeOn(wire, state.drawing.down, length, 14, taken, special(wire));
      if (!at) continue;
      const kind = this.wires.get(wire.key)?.getAttribute("class")?.replace("wire", "partial");
      made.push(
        s("rect", { class: "plate", x: at[0] - length / 2, y: at[1] - 7, width: length, height: 14 }),
        s("text", { class: kind ?? "partial", x: at[0], y: at[1] + 4 }, label));
    }
    layer.replaceChildren(...made);
  }

  private drawOverlay(): void {
    const layer = this.layers[3];
    if (!this.overlay) return layer.replaceChildren();
    const places = this.state.drawing.boxes.filter((b) => !this.ports.has(b.key));
    const at = new Map(places.map((b) => [b.head, b]));
    layer.replaceChildren(...this.overlay.added.flatMap(({ from, to, fresh }) => {
      const [a, b] = [at.get(from), at.get(to)];
      if (!a || !b) return [];
      const bow = (b.x - a.x || 60) * 0.12 + 30;
      const mid = [(a.x + b.x) / 2 + bow, (a.y + b.y) / 2];
      const d = `M${a.x} ${a.y}Q${mid[0]} ${mid[1]} ${b.x} ${b.y}`;
      return [s("path", { class: fresh ? "joined fresh" : "joined", d })];
    }));
  }
}
