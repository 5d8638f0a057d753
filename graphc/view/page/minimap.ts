/* A small picture of the whole, with a frame around what is in the window. */

import { h } from "./dom";
import { Drawing } from "./drawing";
import { Picture } from "./picture";
import { State } from "./state";

const [WIDTH, HEIGHT] = [150, 120];

export class Minimap {
  readonly element = h("canvas", {
    id: "minimap", width: 2 * WIDTH, height: 2 * HEIGHT, "aria-hidden": "true",
  });
  private scale = 1;
  private base = document.createElement("canvas");
  private drawn: Drawing | null = null;
  private colour = "";

  constructor(private state: State, private picture: Picture) {
    const go = (event: PointerEvent): void => {
      if (!event.buttons) return;
      const { left, top } = this.element.getBoundingClientRect();
      const { view } = picture.lens;
      const [w, hh] = picture.lens.size();
      const [x, y] = [(event.clientX - left - 6) / this.scale, (event.clientY - top - 6) / this.scale];
      view.x = w / 2 - x * view.k;
      view.y = hh / 2 - y * view.k;
      picture.lens.schedule();
    };
    this.element.addEventListener("pointerdown", go);
    this.element.addEventListener("pointermove", go);
  }

  draw(): void {
    const { drawing } = this.state;
    const { view } = this.picture.lens;
    const [w, height] = this.picture.lens.size();
    const most = drawing.width * drawing.height * view.k * view.k < 1.5 * w * height;
    this.element.hidden = most;
    if (most) return;
    const context = this.element.getContext("2d")!;
    const style = getComputedStyle(this.element);
    this.scale = Math.min((WIDTH - 12) / drawing.width, (HEIGHT - 12) / drawing.height);
    const sides = [drawing.width, drawing.height].map((n) => Math.round(n * this.scale) + 12);
    if (this.element.width !== 2 * sides[0] || this.element.height !== 2 * sides[1]) {
      [this.element.width, this.element.height] = sides.map((n) => 2 * n);
      this.element.style.width = `${sides[0]}px`;
      this.element.style.height = `${sides[1]}px`;
    }
    const colour = style.getPropertyValue("--weak");
    if (this.drawn !== drawing || this.colour !== colour) this.drawBoxes(sides, colour);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, 2 * sides[0], 2 * sides[1]);
    context.drawImage(this.base, 0, 0);
    context.setTransform(2 * this.scale, 0, 0, 2 * this.scale, 12, 12);
    context.strokeStyle = style.getPropertyValue("--adjoint");
    context.lineWidth = 1.5 / this.scale;
    context.strokeRect(-view.x / view.k, -view.y / view.k, w / view.k, height / view.k);
  }

  /** The boxes, which stay as they are while the window moves. */
  private drawBoxes(sides: number[], colour: string): void {
    const { drawing } = this.state;
    [this.drawn, this.colour] = [drawing, colour];
    [this.base.width, this.base.height] = sides.map((n) => 2 * n);
    const context = this.base.getContext("2d")!;
    context.setTransform(2 * this.scale, 0, 0, 2 * this.scale, 12, 12);
    context.fillStyle = colour;
    const least = 1.2 / this.scale;
    for (const b of drawing.boxes) {
      const [w, height] = [Math.max(b.w, least), Math.max(b.h, least)];
      context.globalAlpha = b.frame ? 0.25 : 0.7;
      context.fillRect(b.x - w / 2, b.y - height / 2, w, height);
    }
  }
}
