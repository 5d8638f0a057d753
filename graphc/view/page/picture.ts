/* The graph as SVG.  Elements exist for what is in the window only, so that thousands of boxes stay
   fluent; from far away all boxes and wires are a few paths. */

import { s, text } from "./dom";
import { Box, Wire } from "./drawing";
import { Rect, arrowPath, placeOn, wirePath, wireValues } from "./labels";
import { cone } from "./model";
import { State, derivative, isPort, revealed } from "./state";
import { caption, show } from "./text";

export interface View {
  x: number;
  y: number;
  k: number;
}

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

/** The class of a colour for a magnitude. */
export function tone(state: State, value: number | null): string {
  if (value === null) return "";
  if (Number.isNaN(value)) return "nan";
  const { bounds } = state.scene;
  return `m${bounds.filter((bound) => Math.abs(value) >= bound).length}`;
}

export class Picture {
  readonly svg: SVGSVGElement;
  readonly view: View = { x: 0, y: 0, k: 1 };
  overlay: Overlay | null = null;
  whole = false; // everything is drawn, for print
  private world = s("g");
  private layers = ["far", "frames", "wires", "extra", "boxes", "labels"].map((name) =>
    s("g", { class: name }));
  private boxes = new Map<string, Shown>();
  private wires = new Map<string, SVGGElement>();
  private ports = new Set<string>();
  private hovered = "";
  private waiting = 0;
  private room: [number, number] = [800, 600];
  private state: State;

  constructor(state: State, private handlers: Handlers) {
    this.state = state;
    this.world.append(...this.layers);
    this.svg = s("svg", { id: "graph", role: "group", "aria-label": "the graph", tabindex: -1 });
    this.svg.append(this.world);
    this.listen();
  }

  /** Everything anew, after the drawing has changed. */
  redraw(): void {
    for (const layer of this.layers) layer.replaceChildren();
    this.boxes.clear();
    this.wires.clear();
    this.layers[0].replaceChildren();
    this.ports = new Set(this.state.drawing.boxes.filter((_, k) => isPort(this.state, k)).map((b) => b.key));
    this.refresh();
  }

  /** Numbers and classes anew. */
  refresh(): void {
    this.paint(true);
  }

  /** What came into the window, once a frame. */
  schedule(): void {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.holdOn();
      this.paint(false);
      this.handlers.moved();
    });
  }

  size(): [number, number] {
    return this.room;
  }

  /** After the window has changed its size. */
  resized(): void {
    this.room = [this.svg.clientWidth || 800, this.svg.clientHeight || 600];
    this.schedule();
  }

  /** The whole drawing in the window, or its end at a size that can be read. */
  fit(readable = false): void {
    const { width, height } = this.state.drawing;
    const [w, h] = this.size();
    const whole = Math.min((w - 48) / Math.max(width, 1), (h - 48) / Math.max(height, 1), 1.35);
    const k = readable && whole < 0.58 ? 0.72 : whole;
    this.view.k = k;
    this.view.x = (w - width * k) / 2;
    this.view.y = (h - height * k) / 2;
    if (k > whole) {
      const output = this.state.drawing.boxes.find((b) => b.head === this.state.to);
      if (output) this.centre(output);
      this.keepInside();
    }
    this.schedule();
  }

  /** Some of the drawing stays in the window. */
  private holdOn(): void {
    const { width, height } = this.state.drawing;
    const [w, h] = this.size();
    const { view } = this;
    const least = 60;
    view.x = Math.max(least - width * view.k, Math.min(w - least, view.x));
    view.y = Math.max(least - height * view.k, Math.min(h - least, view.y));
  }

  /** No more empty room than is needed. */
  private keepInside(): void {
    const { width, height } = this.state.drawing;
    const [w, h] = this.size();
    const { k } = this.view;
    const held = (at: number, room: number, length: number): number =>
      length * k + 48 <= room ? (room - length * k) / 2
        : Math.max(room - length * k - 24, Math.min(24, at));
    this.view.x = held(this.view.x, w, width);
    this.view.y = held(this.view.y, h, height);
  }

  centre(box: Box): void {
    const [w, h] = this.size();
    this.view.x = w / 2 - box.x * this.view.k;
    this.view.y = h / 2 - box.y * this.view.k;
    this.schedule();
  }

  /** An open statement in the middle, its title in the window. */
  showFrame(box: Box): void {
    const [w] = this.size();
    const { k } = this.view;
    this.view.x = w / 2 - box.x * k;
    const top = (box.y - box.h / 2) * k + this.view.y;
    if (top < 20) this.view.y += 20 - top;
    this.schedule();
  }

  /** Bring a box into the window if it is not there. */
  reveal(box: Box): void {
    const [w, h] = this.size();
    const { x, y, k } = this.view;
    const [cx, cy] = [box.x * k + x, box.y * k + y];
    const margin = 60;
    if (cx < margin || cy < margin || cx > w - margin || cy > h - margin) this.centre(box);
  }

  zoom(factor: number, at = this.size().map((n) => n / 2)): void {
    const { view } = this;
    const k = Math.max(0.02, Math.min(4, view.k * factor));
    view.x = at[0] - ((at[0] - view.x) * k) / view.k;
    view.y = at[1] - ((at[1] - view.y) * k) / view.k;
    view.k = k;
    this.schedule();
  }

  focus(key: string): void {
    this.paint(false);
    this.boxes.get(key)?.group.focus();
  }

  // --- painting -------------------------------------------------------------------------------

  private paint(fresh: boolean): void {
    const { view, state } = this;
    const [w, h] = this.size();
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
    const marks = this.marks();
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
    this.reveal(next);
    this.handlers.select(next);
    this.focus(next.key);
  }

  private point(box: Box | null, group?: Element): void {
    this.hovered = box ? box.key : "";
    this.handlers.hover(box, group?.getBoundingClientRect());
    this.refresh();
  }

  private marks(): Marks {
    const { state } = this;
    const { shown, current } = revealed(state);
    const path = state.path;
    const between = state.panel === "paths" && state.from >= 0
      ? path ? pathNodes(state, path) : cone(state.edges, state.from, state.to) : null;
    return { shown, current, between, owners: ownersOf(state, between), path };
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
    const { state, view } = this;
    const layer = this.layers[5];
    const values = wireValues(state);
    const special = (w: Wire): boolean => {
      const { boxes } = state.drawing;
      const ends = [boxes[w.from], boxes[w.to]];
      return ends.some((b) => b.key === this.hovered || b.head === marks.current || b.head === state.selected);
    };
    const all = (view.k >= LABELS && wires.length <= MANY) || this.whole;
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
    const at = new Map(this.state.drawing.boxes.map((b) => [b.head, b]));
    layer.replaceChildren(...this.overlay.added.flatMap(({ from, to, fresh }) => {
      const [a, b] = [at.get(from), at.get(to)];
      if (!a || !b) return [];
      const bow = (b.x - a.x || 60) * 0.12 + 30;
      const mid = [(a.x + b.x) / 2 + bow, (a.y + b.y) / 2];
      const d = `M${a.x} ${a.y}Q${mid[0]} ${mid[1]} ${b.x} ${b.y}`;
      return [s("path", { class: fresh ? "joined fresh" : "joined", d })];
    }));
  }

  // --- pointer --------------------------------------------------------------------------------

  private listen(): void {
    const { svg, view } = this;
    const pointers = new Map<number, [number, number]>();
    let moved = 0;
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { left, top } = svg.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018));
      this.zoom(factor, [event.clientX - left, event.clientY - top]);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      moved = 0;
    });
    window.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved < 4) return;
      if (pointers.size === 2) this.pinch(pointers, event);
      else {
        view.x += dx;
        view.y += dy;
        this.schedule();
      }
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      svg.classList.add("dragged");
    });
    const end = (event: PointerEvent): void => {
      pointers.delete(event.pointerId);
      svg.classList.remove("dragged");
    };
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    svg.addEventListener("click", (event) => {
      if (moved > 4) event.stopPropagation();
    }, { capture: true });
  }

  private pinch(pointers: Map<number, [number, number]>, event: PointerEvent): void {
    const other = [...pointers].find(([id]) => id !== event.pointerId)![1];
    const last = pointers.get(event.pointerId)!;
    const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
    const after = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
    const { left, top } = this.svg.getBoundingClientRect();
    const middle = [(event.clientX + other[0]) / 2 - left, (event.clientY + other[1]) / 2 - top];
    if (before > 0) this.zoom(after / before, middle);
  }
}

interface Marks {
  shown: Set<number> | null;
  current: number;
  between: Uint8Array | null;
  owners: Set<number>;
  path: number[] | null;
}

/** Whether a node has a part in the derivative that is shown. */
function carries(state: State, i: number): boolean {
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

function isIn(box: Box, marks: Marks): boolean {
  const alone = box.kind !== "statement" || box.within >= 0;
  return marks.between![box.head] === 1 || (!alone && marks.owners.has(box.head));
}

function onPath(state: State, wire: Wire, path: number[]): boolean {
  const { boxes } = state.drawing;
  const { owner } = state.scene.nodes;
  const [from, to] = [boxes[wire.from], boxes[wire.to]];
  const holds = (box: Box, i: number): boolean =>
    box.head === i || (box.kind === "statement" && box.within < 0 && owner[i] === box.head);
  return path.some((u, k) => k + 1 < path.length && holds(from, u) && holds(to, path[k + 1]));
}

const ruler = document.createElement("canvas").getContext("2d")!;
const lengths = new Map<string, number>();

/** How long a text is; asking the picture would lay it out anew for every box. */
function lengthOf(value: string, size: number, weight: number): number {
  const key = `${size} ${weight} ${value}`;
  let found = lengths.get(key);
  if (found === undefined) {
    ruler.font = `${weight} ${size}px ${getFamily()}`;
    found = ruler.measureText(value).width;
    lengths.set(key, found);
  }
  return found;
}

let family = "";
function getFamily(): string {
  family ||= getComputedStyle(document.body).fontFamily;
  return family;
}

/** Make a line of text no wider than its box. */
function squeeze(line: SVGTextElement, width: number, size: number, weight = 400): void {
  const length = lengthOf(line.textContent ?? "", size, weight);
  if (length > width) {
    line.setAttribute("textLength", String(width));
    line.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else line.removeAttribute("textLength");
}
