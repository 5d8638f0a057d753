/* The window onto the picture: where it is, how far it is zoomed, and the pointers that move it. */

import { Box, Drawing } from "./drawing";

export interface View {
  x: number;
  y: number;
  k: number;
}

export class Viewport {
  readonly view: View = { x: 0, y: 0, k: 1 };
  private waiting = 0;
  private room: [number, number] = [800, 600];

  constructor(private svg: SVGSVGElement, private drawing: () => Drawing, private changed: () => void) {
    this.listen();
  }

  /** Paint what came into the window, once a frame. */
  schedule(): void {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.holdOn();
      this.changed();
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
  fit(output?: Box): void {
    const { width, height } = this.drawing();
    const [w, h] = this.size();
    const whole = Math.min((w - 48) / Math.max(width, 1), (h - 48) / Math.max(height, 1), 1.35);
    const k = output && whole < 0.58 ? 0.72 : whole;
    this.view.k = k;
    this.view.x = (w - width * k) / 2;
    this.view.y = (h - height * k) / 2;
    if (k > whole) {
      if (output) this.centre(output);
      this.keepInside();
    }
    this.schedule();
  }

  /** Some of the drawing stays in the window. */
  private holdOn(): void {
    const { width, height } = this.drawing();
    const [w, h] = this.size();
    const { view } = this;
    const least = 60;
    view.x = Math.max(least - width * view.k, Math.min(w - least, view.x));
    view.y = Math.max(least - height * view.k, Math.min(h - least, view.y));
  }

  /** No more empty room than is needed. */
  private keepInside(): void {
    const { width, height } = this.drawing();
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
