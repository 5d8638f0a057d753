/* The page: builds it, and joins its parts. */

import { details } from "./details";
import { get, h, text } from "./dom";
import { Box } from "./drawing";
import { Inputs, outputs } from "./inputs";
import { Minimap } from "./minimap";
import { Name, overlay, ordersPanel, replays } from "./orders";
import { pathsPanel } from "./paths";
import { Picture } from "./picture";
import { readScene } from "./scene";
import { find } from "./search";
import { icon, legend, shell } from "./shell";
import { Source } from "./source";
import { Mode, Panel, arrange, chosenCone, recompute, revealed, start } from "./state";
import { expression, math, nameTree, show } from "./text";

const scene = readScene();
export const state = start(scene);
const picture = new Picture(state, { select: (box) => select(box.head), toggle, hover, moved });
const minimap = new Minimap(state, picture);
const source = new Source(scene, (node) => go(node));
const inputs = new Inputs(state, changed, go);
let timer = 0;
let steps: ReturnType<typeof replays> | null = null;

// --- what can happen --------------------------------------------------------------------------

function select(node: number): void {
  state.selected = node;
  picture.refresh();
  source.mark(node);
  panel();
}

/** Select a node and bring its box into the window. */
function go(node: number): void {
  const { boxes } = state.drawing;
  const box = boxes.find((b) => b.head === node && b.kind !== "statement")
    ?? boxes.find((b) => b.head === node) ?? boxes.find((b) => b.head === scene.nodes.owner[node]);
  if (box) picture.lens.reveal(box);
  if (state.panel !== "details") choosePanel("details");
  select(node);
}

function changed(): void {
  recompute(state);
  numbers();
}

function numbers(): void {
  if (document.body.dataset.ready) picture.refresh();
  inputs.refresh();
  get("outputs").replaceChildren(outputs(state, go));
  panel();
  transport();
}

function toggle(box: Box): void {
  const { opened } = state.look;
  if (opened.has(box.head)) opened.delete(box.head);
  else if (box.opens) opened.add(box.head);
  else return;
  const before = { x: box.x, y: box.y - box.h / 2 };
  rearranged();
  const now = state.drawing.boxes.find((b) => b.key === box.key);
  if (now) {
    picture.lens.view.x -= (now.x - before.x) * picture.lens.view.k;
    picture.lens.view.y -= (now.y - now.h / 2 - before.y) * picture.lens.view.k;
    if (now.frame) picture.lens.showFrame(now);
    picture.lens.schedule();
    picture.focus(now.key);
    hover(null);
  }
}

function rearranged(): void {
  arrange(state);
  picture.redraw();
  transport();
  minimap.draw();
}

/** All of the drawing, or its end at a size that can be read. */
function refit(): void {
  rearranged();
  picture.lens.fit(state.drawing.boxes.find((b) => b.head === state.to));
}

function chooseMode(mode: Mode): void {
  state.mode = mode;
  state.step = null;
  stop();
  recompute(state);
  controls();
  numbers();
}

function choosePanel(name: Panel): void {
  if (name === "orders" || state.panel === "orders") stop();
  state.panel = name;
  state.path = null;
  if (name === "orders") steps ??= scene.orders && replays(scene.orders);
  else picture.overlay = null;
  if (name === "paths" && state.mode === "value") chooseMode("reverse");
  controls();
  panel();
  picture.refresh();
}

function step(to: number | null): void {
  state.step = to === null ? null : Math.max(0, Math.min(state.steps.length, to));
  const { current } = revealed(state);
  if (current >= 0) {
    const box = state.drawing.boxes[state.steps[state.step! - 1]];
    picture.lens.reveal(box);
    if (state.panel !== "details") choosePanel("details");
    select(current);
  }
  picture.refresh();
  transport();
}

function play(forward: () => boolean): void {
  if (state.playing) return stop();
  state.playing = true;
  const advance = (): void => {
    if (!forward()) return stop();
    timer = window.setTimeout(advance, 900);
  };
  advance();
  transport();
}

function stop(): void {
  state.playing = false;
  window.clearTimeout(timer);
  transport();
  if (state.panel === "orders") panel();
}

function playSteps(): void {
  if (!state.playing && state.panel === "orders") choosePanel("details");
  play(stepOn);
}

function stepOn(): boolean {
  const at = state.step ?? state.steps.length;
  if (at >= state.steps.length && state.step !== null) return false;
  step(state.step === null ? 1 : at + 1);
  return state.step! < state.steps.length;
}

function eliminated(count: number): void {
  const all = scene.orders!.orders.reverse.length;
  state.eliminated = Math.max(0, Math.min(all, count));
  panel();
}

// --- what is shown ----------------------------------------------------------------------------

function panel(): void {
  const host = get("panel");
  const focused = document.activeElement?.getAttribute("aria-label");
  if (state.panel === "details") host.replaceChildren(...details(state, go, (n) => source.mark(state.selected, n)));
  else if (state.panel === "paths")
    host.replaceChildren(...pathsPanel(state, (path) => {
      state.path = path;
      picture.refresh();
    }));
  else {
    picture.overlay = steps && overlay(state, steps);
    picture.refresh();
    host.replaceChildren(...ordersPanel(state, steps, {
      choose: (name: Name) => {
        state.order = name;
        panel();
      },
      step: eliminated,
      play: () => play(() => {
        const count = scene.orders!.orders.reverse.length;
        eliminated(state.eliminated >= count ? 1 : state.eliminated + 1);
        return state.eliminated < count;
      }),
    }));
    if (focused) host.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }
}

function transport(): void {
  const count = state.steps.length;
  const at = state.step ?? count;
  const slider = get<HTMLInputElement>("steps");
  slider.max = String(count);
  slider.value = String(at);
  text(get("stepped"), state.step === null ? `all ${count} steps` : `step ${at} of ${count}`);
  get("play").replaceChildren(icon(state.playing ? "pause" : "play"));
  get("play").setAttribute("aria-label", state.playing ? "pause" : "play");
}

function controls(): void {
  for (const mode of ["value", "forward", "reverse"])
    get(`mode-${mode}`).setAttribute("aria-pressed", String(state.mode === mode));
  for (const name of ["details", "paths", "orders"])
    get(`tab-${name}`).setAttribute("aria-selected", String(state.panel === name));
  for (const level of ["statements", "operations"])
    get(`level-${level}`).setAttribute("aria-pressed", String(state.look.level === level));
  get("slice").setAttribute("aria-pressed", String(state.look.kept !== null));
  get("direction").textContent = state.look.down ? "\u2193" : "\u2192";
  document.body.dataset.mode = state.mode;
  get("legend").replaceChildren(legend(state));
}

function hover(box: Box | null, at?: DOMRect): void {
  const tip = get("tip");
  tip.hidden = box === null || box.frame;
  if (!box || !at || tip.hidden) return;
  const i = box.head;
  const value = state.run.active[i] ? show(state.run.values[i], 8) : "not taken";
  const leaf = scene.nodes.args[i].length === 0;
  const name = nameTree(scene, i);
  tip.replaceChildren(leaf ? math(name, ["mo", "="], ["mn", value])
    : math(name, ["mo", "="], expression(scene, i, { left: 16 }).tree, ["mo", "="], ["mn", value]));
  const host = get("stage").getBoundingClientRect();
  const left = Math.min(at.left - host.left, host.width - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  const below = at.bottom - host.top + 8;
  tip.style.top = `${below + tip.offsetHeight < host.height ? below : at.top - host.top - tip.offsetHeight - 8}px`;
}

function moved(): void {
  minimap.draw();
}

// --- joining ----------------------------------------------------------------------------------

function slice(): void {
  state.look.kept = state.look.kept ? null : chosenCone(state);
  controls();
  refit();
}

function ends(): void {
  state.from = Number(get<HTMLSelectElement>("from").value);
  state.to = Number(get<HTMLSelectElement>("to").value);
  if (state.look.kept) {
    state.look.kept = chosenCone(state);
    rearranged();
  }
  recompute(state);
  numbers();
}

function search(value: string): void {
  const found = find(scene, value);
  get("found").replaceChildren(...found.map(({ node, title }) =>
    h("li", {}, h("button", { click: () => go(node) }, title))));
  text(get("hits"), value ? `${found.length === 20 ? "20 or more" : found.length} found` : "");
}

function keys(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (target.closest("input, select, textarea") && event.key !== "Escape") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = state.step ?? state.steps.length;
  const actions: Record<string, () => void> = {
    ArrowRight: () => step(state.step === null ? 1 : at + 1),
    ArrowLeft: () => step(at - 1),
    Home: () => step(0),
    End: () => step(null),
    p: playSteps,
    v: () => chooseMode("value"),
    f: () => chooseMode("forward"),
    r: () => chooseMode("reverse"),
    o: () => level(state.look.level === "statements" ? "operations" : "statements"),
    s: slice,
    "+": () => picture.lens.zoom(1.25),
    "=": () => picture.lens.zoom(1.25),
    "-": () => picture.lens.zoom(0.8),
    "0": () => picture.lens.fit(),
    "/": () => get("search").focus(),
    "?": () => get<HTMLDialogElement>("help").showModal(),
    Escape: () => {
      stop();
      step(null);
      target.blur();
    },
  };
  const action = actions[event.key];
  if (!action || get<HTMLDialogElement>("help").open) return;
  event.preventDefault();
  action();
}

function level(name: "statements" | "operations"): void {
  if (name === "operations" && !scene.pictures.operations) return;
  state.look.level = name;
  controls();
  refit();
}

function print(whole: boolean): void {
  picture.whole = whole;
  picture.refresh();
}

function boot(): void {
  document.body.prepend(...shell(state));
  get("stage").prepend(picture.svg);
  get("stage").append(minimap.element);
  get("inputs").append(inputs.element);
  get("text").append(source.element);
  const click = (id: string, action: () => void): void => get(id).addEventListener("click", action);
  for (const mode of ["value", "forward", "reverse"] as const) click(`mode-${mode}`, () => chooseMode(mode));
  for (const name of ["details", "paths", "orders"] as const) click(`tab-${name}`, () => {
    stop();
    choosePanel(name);
  });
  for (const name of ["statements", "operations"] as const) click(`level-${name}`, () => level(name));
  click("slice", slice);
  click("direction", () => {
    state.look.down = !state.look.down;
    controls();
    refit();
  });
  click("fit", () => picture.lens.fit());
  click("zoom-in", () => picture.lens.zoom(1.25));
  click("zoom-out", () => picture.lens.zoom(0.8));
  click("first", () => step(0));
  click("back", () => step((state.step ?? state.steps.length) - 1));
  click("next", () => step(state.step === null ? 1 : state.step + 1));
  click("last", () => step(null));
  click("play", playSteps);
  click("ask", () => get<HTMLDialogElement>("help").showModal());
  click("close-help", () => get<HTMLDialogElement>("help").close());
  click("theme", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme === "dark"
      || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    picture.refresh();
    minimap.draw();
  });
  get("steps").addEventListener("input", (event) => step(Number((event.target as HTMLInputElement).value)));
  get("from").addEventListener("change", ends);
  get("to").addEventListener("change", ends);
  get("search").addEventListener("input", (event) => search((event.target as HTMLInputElement).value));
  get("search").addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key === "Enter") {
      const first = find(scene, (event.target as HTMLInputElement).value)[0];
      if (first) go(first.node);
    }
  });
  document.addEventListener("keydown", keys);
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  new ResizeObserver(() => picture.lens.resized()).observe(picture.svg);
  controls();
  picture.lens.resized();
  refit();
  numbers();
  source.mark(state.selected);
  document.body.dataset.ready = "yes";
}

boot();
