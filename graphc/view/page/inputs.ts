/* Fields and sliders for the inputs, and the outputs beside them. */

import { h, text } from "./dom";
import { State, derivative } from "./state";
import { Within, isWithin, toNumber } from "./scene";
import { show } from "./text";

const SHOWN = 40;

interface Row {
  k: number;
  element: HTMLElement;
  slope: HTMLElement;
}

export class Inputs {
  readonly element = h("div", { class: "inputs" });
  private rows: Row[] = [];
  private sorted = false;
  private all = false;

  constructor(private state: State, private changed: () => void, private go: (node: number) => void) {
    this.build();
  }

  /** Derivatives anew; values stay as they were typed. */
  refresh(): void {
    if (this.sorted && !this.element.contains(document.activeElement)) return this.build();
    this.update();
  }

  private update(): void {
    for (const { k, slope } of this.rows) {
      const { node, active } = this.state.scene.inputs[k];
      const value = node >= 0 && active ? derivative(this.state, node) : null;
      const shown = this.state.mode === "reverse" && value !== null;
      text(slope, shown ? show(value) : "");
    }
  }

  private build(): void {
    const { inputs } = this.state.scene;
    const order = inputs.map((_, k) => k);
    const size = (k: number): number => Math.abs(derivative(this.state, inputs[k].node) ?? 0);
    if (this.sorted) order.sort((a, b) => size(b) - size(a));
    this.rows = order.slice(0, this.all ? undefined : SHOWN).map((k) => this.row(k));
    const more = order.length - this.rows.length;
    this.element.replaceChildren(
      h("div", { class: "rows" }, ...this.rows.map((r) => r.element)),
      h("div", { class: "more" },
        inputs.length > 6 && h("label", {}, h("input", {
          type: "checkbox", checked: this.sorted,
          change: () => { this.sorted = !this.sorted; this.build(); },
        }), " largest adjoint first"),
        h("button", { class: "link", click: () => this.reset() }, "reset"),
        more > 0 && h("button", { class: "link", click: () => { this.all = true; this.build(); } },
          `show ${more} more`)));
    this.update();
  }

  /** Back to the values that the page began with. */
  private reset(): void {
    const { scene, inputs } = this.state;
    scene.inputs.forEach(({ value }, k) => (inputs[k] = toNumber(value)));
    this.changed();
    this.build();
  }

  private row(k: number): Row {
    const { state } = this;
    const { name, node, active, within } = state.scene.inputs[k];
    const [least, most] = range(toNumber(state.scene.inputs[k].value), within);
    const field = h("input", {
      type: "text", inputmode: "decimal", class: "field", value: written(state.inputs[k]),
      "aria-label": `value of ${name}`, spellcheck: false, autocomplete: "off",
    });
    const slider = h("input", {
      type: "range", min: least, max: most, step: (most - least) / 400,
      value: String(state.inputs[k]), "aria-label": `slider of ${name}`, autocomplete: "off",
    });
    const set = (value: number): void => {
      state.inputs[k] = value;
      this.changed();
    };
    const judge = (wrong: boolean, why: string): void => {
      field.classList.toggle("wrong", wrong);
      field.setAttribute("aria-invalid", String(wrong));
      field.title = why;
    };
    field.addEventListener("input", () => {
      const value = toNumber(field.value.replace("\u2212", "-"));
      const unreadable = Number.isNaN(value) && field.value.trim().toLowerCase() !== "nan";
      const wrong = unreadable || !isWithin(value, within);
      judge(wrong, unreadable ? "not a number" : wrong ? `outside its bounds: ${within!.text}` : "");
      if (wrong) return;
      slider.value = String(value);
      set(value);
    });
    slider.addEventListener("input", () => {
      const exact = Number(slider.value);
      const brief = Number(exact.toPrecision(6));
      field.value = written(isWithin(brief, within) ? brief : exact);
      judge(false, "");
      set(Number(field.value));
    });
    const slope = h("span", { class: "slope" });
    const what = active ? "input" : "data: not differentiated";
    const label = h("button", {
      class: active ? "link" : "link data", title: within ? `${what}, ${within.text}` : what,
      click: () => node >= 0 && this.go(node),
    }, name);
    const element = h("div", { class: "row", "data-input": name }, label, field, slider, slope);
    return { k, element, slope };
  }
}

/** A number as it can be typed. */
function written(value: number): string {
  return isFinite(value) ? String(value) : String(value).toLowerCase().replace("infinity", "inf");
}

/** The ends of a slider: around where it starts, inside the bounds. */
function range(start: number, within: Within | null): [number, number] {
  const middle = isFinite(start) ? start : 0;
  const reach = 2 * Math.abs(middle) || 1;
  const step = reach / 1000;
  const low = within?.low ?? null;
  const high = within?.high ?? null;
  return [
    low === null ? middle - reach : Math.max(middle - reach, low + (within!.open[0] ? step : 0)),
    high === null ? middle + reach : Math.min(middle + reach, high - (within!.open[1] ? step : 0)),
  ];
}

/** Names and values of the outputs. */
export function outputs(state: State, go: (node: number) => void): Element {
  return h("div", { class: "outputs" }, ...state.scene.outputs.slice(0, 200).map(({ name, node }) =>
    h("div", { class: "row", "data-output": name },
      h("button", { class: "link", click: () => go(node) }, name),
      h("output", {}, show(state.run.values[node], 8)))));
}
