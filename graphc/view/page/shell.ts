/* The fixed parts of the page. */

import { h, s } from "./dom";
import { State } from "./state";
import { show } from "./text";

const KEYS: [string, string][] = [
  ["\u2190 \u2192", "a step back, a step on"],
  ["Home, End", "before the first step; everything"],
  ["p", "play and pause"],
  ["v, f, r", "values, forward mode, reverse mode"],
  ["o", "statements or operations"],
  ["s", "slice between the chosen input and output"],
  ["Tab, Enter", "from box to box; open or close a statement"],
  ["\u2191 \u2193", "to the first operand of a box, to its first use"],
  ["+ \u2212 0", "zoom in, zoom out, show all"],
  ["/", "search"],
  ["Esc", "stop stepping"],
];

const ICONS = {
  first: "M4 3v10M13 3L6 8l7 5z",
  back: "M11 3L4 8l7 5z",
  play: "M4 2l10 6-10 6z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M5 3l7 5-7 5z",
  last: "M12 3v10M3 3l7 5-7 5z",
  theme: "",
};

/** A small drawing for a button; fonts have no such signs everywhere. */
export function icon(name: keyof typeof ICONS): SVGElement {
  const theme = name === "theme";
  return s("svg", { class: theme ? "icon half" : "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    ...(theme ? [s("circle", { cx: 8, cy: 8, r: 6 }), s("path", { d: "M8 2a6 6 0 0 0 0 12z" })]
      : [s("path", { d: ICONS[name] })]));
}

function button(id: string, label: string | SVGElement, title: string, pressed = false): HTMLElement {
  return h("button", { id, title, "aria-label": title, ...(pressed ? { "aria-pressed": "false" } : {}) }, label);
}

function choice(id: string, label: string, items: { name: string; node: number }[]): HTMLElement {
  return h("select", { id, "aria-label": label, autocomplete: "off" },
    ...items.map(({ name, node }) => h("option", { value: node }, name)));
}

export function shell(state: State): HTMLElement[] {
  const { scene } = state;
  const active = scene.inputs.filter((i) => i.active && i.node >= 0);
  const whole = scene.pictures.operations;
  const title = scene.doc.trim().split("\n")[0];
  const level = (name: string): HTMLElement =>
    h("button", { id: `level-${name}`, "aria-pressed": "false", disabled: name === "operations" && !whole }, name);
  return [
    h("header", { class: "top" },
      h("h1", {}, h("span", { class: "file" }, scene.file), title ? h("span", { class: "doc" }, title) : null),
      h("div", { class: "bar", role: "toolbar", "aria-label": "what is shown" },
        h("div", { class: "group", role: "group", "aria-label": "mode" },
          h("button", { id: "mode-value", "aria-pressed": "false" }, "value"),
          h("button", { id: "mode-forward", "aria-pressed": "false", disabled: !active.length }, "forward from"),
          choice("from", "input", active),
          h("button", { id: "mode-reverse", "aria-pressed": "false", disabled: !active.length }, "reverse from"),
          choice("to", "output", scene.outputs)),
        h("div", { class: "group", role: "group", "aria-label": "boxes" },
          level("statements"), level("operations"),
          button("slice", "slice", "only what lies between the chosen input and output", true)),
        h("div", { class: "group icons", role: "group", "aria-label": "view" },
          h("button", {
            id: "direction", title: "downwards or to the right", "aria-label": "downwards or to the right",
            disabled: !scene.pictures.statements.right,
          }, "\u2193"),
          button("zoom-out", "\u2212", "zoom out"), button("fit", "fit", "show all"),
          button("zoom-in", "+", "zoom in"), button("theme", icon("theme"), "light or dark"),
          button("ask", "?", "keys")))),
    h("main", {},
      h("aside", { class: "left", "aria-label": "inputs and text" },
        h("section", {}, h("h2", {}, "Inputs"), h("div", { id: "inputs" })),
        h("section", {}, h("h2", {}, "Outputs"), h("div", { id: "outputs" })),
        h("section", { class: "text" }, h("h2", {}, "Text"), h("div", { id: "text" }))),
      h("div", { id: "stage" },
        h("div", { id: "tip", role: "tooltip", hidden: true }),
        h("div", { id: "legend" }),
        h("div", { class: "steps", role: "toolbar", "aria-label": "steps" },
          button("first", icon("first"), "before the first step"), button("back", icon("back"), "one step back"),
          button("play", icon("play"), "play"), button("next", icon("next"), "one step on"),
          button("last", icon("last"), "everything"),
          h("input", { id: "steps", type: "range", min: 0, "aria-label": "step", autocomplete: "off" }),
          h("span", { id: "stepped", "aria-live": "polite" }))),
      h("aside", { class: "right", "aria-label": "explanations" },
        h("div", { class: "search" },
          h("input", { id: "search", type: "search", placeholder: "search", "aria-label": "search", spellcheck: false, autocomplete: "off" }),
          h("span", { id: "hits", class: "quiet", "aria-live": "polite" }), h("ul", { id: "found" })),
        h("div", { class: "tabs", role: "tablist" }, ...["details", "paths", "orders"].map((name) =>
          h("button", { id: `tab-${name}`, role: "tab", "aria-controls": "panel", "aria-selected": "false" }, name))),
        h("div", { id: "panel", role: "tabpanel", tabindex: 0 }),
        ...notes(state))),
    h("dialog", { id: "help", "aria-label": "keys" },
      h("h2", {}, "Keys"),
      h("dl", {}, ...KEYS.flatMap(([key, what]) => [h("dt", {}, key), h("dd", {}, what)])),
      h("button", { id: "close-help" }, "close")),
  ];
}

/** What the command left out, and formulas that are computed in stable forms. */
function notes(state: State): HTMLElement[] {
  const { notes: said, replaced } = state.scene;
  const list = [...said, ...replaced.map((r) => `${r.before} is computed as ${r.after}: ${r.why}`)];
  return list.length ? [h("details", { class: "notes", open: said.length > 0 },
    h("summary", {}, "Notes"), ...list.slice(0, 50).map((note) => h("p", {}, note)))] : [];
}

export function legend(state: State): HTMLElement {
  const { mode } = state;
  const item = (kind: string, label: string): HTMLElement =>
    h("span", { class: "item" }, h("span", { class: `swatch ${kind}` }), label);
  const data = state.scene.inputs.some((i) => !i.active);
  const idle = state.scene.nodes.op.includes("where");
  const word = mode === "forward" ? "tangent" : "adjoint";
  return h("div", {},
    item("input", "input"), data ? item("data", "data") : null, item("output", "output"),
    idle ? item("idle", "not taken") : null,
    mode === "value" ? null : scale(state, word));
}

/** The colours of magnitudes, each with the bound below it. */
function scale(state: State, word: string): HTMLElement {
  const labels = ["0", ...state.scene.bounds.map((bound) => show(bound, 1))];
  return h("span", { class: "scale", role: "img", "aria-label": `the size of the ${word} as a colour: darker is larger` },
    `|${word}|\u00a0`, ...labels.map((label, k) => h("span", { class: `swatch m${k}` }, label)));
}
