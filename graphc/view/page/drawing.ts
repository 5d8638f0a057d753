/* Boxes and wires with their places.

   All places come with the scene.  When a statement opens, boxes only move apart: those of its rank
   to the sides, those below it down; when boxes are hidden, the room they leave closes.  Order and
   ranks stay as the command laid them out. */

import { Picture, Scene } from "./scene";
import { caption } from "./text";

export interface Box {
  key: string;
  head: number;
  kind: string;
  name: string;
  text: string;
  output: boolean;
  x: number; // centre
  y: number;
  w: number;
  h: number;
  opens: boolean;
  frame: boolean;
  within: number; // the open statement it is in, or -1
}

export interface Wire {
  key: string;
  from: number;
  to: number;
  points: number[];
  bounds: [number, number, number, number];
}

export interface Drawing {
  boxes: Box[];
  wires: Wire[];
  width: number;
  height: number;
  down: boolean;
}

export interface Look {
  level: "statements" | "operations";
  down: boolean;
  opened: Set<number>;
  kept: Uint8Array | null; // nodes of a slice
}

const PAD = 16;
const HEAD = 30;

interface Sized {
  w: number;
  h: number;
}

/** What is drawn now. */
export function draw(scene: Scene, look: Look): Drawing {
  const { pictures } = scene;
  const whole = look.level === "operations" ? pictures.operations : undefined;
  const found = whole ? plain(whole, look.down) : withOpened(scene, look);
  for (const box of found.boxes)
    box.opens = !whole && !box.frame && box.within < 0 && String(box.head) in pictures.inside;
  return look.kept ? closed(found, keptBoxes(scene, found, look.kept)) : found;
}

function plain(picture: Picture, down: boolean, within = -1): Drawing {
  const way = !down && picture.right ? picture.right : picture.down;
  const suffix = within < 0 ? "" : `@${within}`;
  const boxes = picture.boxes.map(([head, kind, name, text, output], k) => ({
    key: `${kind === "statement" ? "s" : "o"}${head}${suffix}`,
    head, kind, name, text, within,
    output: output === 1,
    x: way.places[2 * k],
    y: way.places[2 * k + 1],
    w: picture.sizes[2 * k],
    h: picture.sizes[2 * k + 1],
    opens: false,
    frame: false,
  }));
  const wires = picture.wires.map(([from, to], k) =>
    wire(`${boxes[from].key}>${boxes[to].key}`, from, to, way.routes[k]));
  return { boxes, wires, width: way.width, height: way.height, down: way === picture.down };
}

function wire(key: string, from: number, to: number, points: number[]): Wire {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < points.length; k += 2) {
    left = Math.min(left, points[k]);
    right = Math.max(right, points[k]);
    top = Math.min(top, points[k + 1]);
    bottom = Math.max(bottom, points[k + 1]);
  }
  return { key, from, to, points, bounds: [left, top, right, bottom] };
}

/** The picture of statements, with the insides of those that are open. */
function withOpened(scene: Scene, look: Look): Drawing {
  const { statements, inside } = scene.pictures;
  const base = plain(statements, look.down);
  const insides = new Map<number, Drawing>();
  base.boxes.forEach((box, k) => {
    const picture = look.opened.has(box.head) ? inside[box.head] : undefined;
    if (picture) insides.set(k, plain(picture, base.down, box.head));
  });
  if (!insides.size) return base;
  const sizes = new Map<number, Sized>();
  insides.forEach((inner, k) => {
    const title = caption(base.boxes[k].name, base.boxes[k].text).length * 7.6 + 60;
    sizes.set(k, {
      w: Math.max(inner.width + 2 * PAD, title),
      h: inner.height + PAD + HEAD + 6,
    });
  });
  const moved = spread(base, sizes);
  insides.forEach((inner, k) => {
    const frame = moved.boxes[k];
    frame.frame = true;
    const dx = frame.x - inner.width / 2;
    const dy = frame.y - frame.h / 2 + HEAD;
    const first = moved.boxes.length;
    for (const box of inner.boxes) moved.boxes.push({ ...box, x: box.x + dx, y: box.y + dy });
    for (const w of inner.wires) {
      const points = w.points.map((p, n) => p + (n % 2 ? dy : dx));
      moved.wires.push(wire(w.key, w.from + first, w.to + first, points));
    }
  });
  return moved;
}

/** Boxes moved apart for some that have grown. */
function spread(base: Drawing, sizes: Map<number, Sized>): Drawing {
  const along = (box: Box): number => (base.down ? box.y : box.x);
  const across = (box: Box): number => (base.down ? box.x : box.y);
  const thick = (s: Sized): number => (base.down ? s.h : s.w);
  const wide = (s: Sized): number => (base.down ? s.w : s.h);
  const rows = new Map<number, number[]>();
  base.boxes.forEach((box, k) => {
    const row = rows.get(along(box));
    if (row) row.push(k);
    else rows.set(along(box), [k]);
  });
  const places = [...rows.keys()].sort((a, b) => a - b);
  const bands = places.map((place) => {
    const row = rows.get(place)!;
    const half = Math.max(...row.map((k) => thick(base.boxes[k]))) / 2;
    const grown = Math.max(half, ...row.map((k) => thick(sizes.get(k) ?? base.boxes[k]) / 2));
    const opened = row.filter((k) => sizes.has(k)).map((k) => ({
      at: across(base.boxes[k]),
      extra: wide(sizes.get(k)!) - wide(base.boxes[k]),
    }));
    return { top: place - half - 0.5, bottom: place + half + 0.5, // places are rounded
      extra: 2 * (grown - half), opened };
  });
  const alongTo = (y: number): number => {
    let shift = 0;
    for (const band of bands) {
      if (y >= band.bottom) shift += band.extra;
      else if (y > band.top) return y + shift + (band.extra * (y - band.top)) / (band.bottom - band.top);
      else break;
    }
    return y + shift;
  };
  const acrossTo = (x: number, y: number): number => {
    let shift = 0;
    for (const band of bands)
      if (y >= band.top && y <= band.bottom)
        for (const { at, extra } of band.opened) shift += (Math.sign(Math.round(x - at)) * extra) / 2;
    return x + shift;
  };
  const to = (x: number, y: number): [number, number] => {
    const [a, b] = base.down ? [x, y] : [y, x];
    const [p, q] = [acrossTo(a, b), alongTo(b)];
    return base.down ? [p, q] : [q, p];
  };
  const bandAt = (box: Box): (typeof bands)[0] => bands[places.indexOf(along(box))];
  const boxes = base.boxes.map((box, k) => {
    const [x, y] = to(box.x, box.y);
    return { ...box, x, y, ...(sizes.get(k) ?? {}) };
  });
  const wires = base.wires.map((w) => {
    const points: number[] = [];
    const dense = withBands(w.points, base.down, bands);
    for (let k = 0; k < dense.length; k += 2) points.push(...to(dense[k], dense[k + 1]));
    attach(points, boxes[w.from], boxes[w.to], base.down);
    const leaves = alongTo(bandAt(base.boxes[w.from]).bottom - 0.5);
    const arrives = alongTo(bandAt(base.boxes[w.to]).top + 0.5);
    return wire(w.key, w.from, w.to, upright(points, leaves, arrives, base.down));
  });
  return framed({ ...base, boxes, wires });
}

/** A wire that goes straight as long as it is in the ranks of the boxes at its ends. */
function upright(points: number[], leaves: number, arrives: number, down: boolean): number[] {
  const [p, q] = down ? [0, 1] : [1, 0];
  const last = points.length - 2;
  const at = (place: number, y: number): number[] => (down ? [points[place + p], y] : [y, points[place + p]]);
  return [
    ...points.slice(0, 2),
    ...(leaves > points[q] + 1 ? at(0, leaves) : []),
    ...points.slice(2, last),
    ...(arrives < points[last + q] - 1 ? at(last, arrives) : []),
    ...points.slice(last),
  ];
}

/** A wire with a point wherever it enters or leaves a rank: there it may have to give way. */
function withBands(points: number[], down: boolean, bands: { top: number; bottom: number }[]): number[] {
  const [p, q] = down ? [0, 1] : [1, 0];
  const found = points.slice(0, 2);
  for (let k = 2; k < points.length; k += 2) {
    const [start, end] = [points.slice(k - 2, k), points.slice(k, k + 2)];
    if (start[p] === end[p])
      for (const { top, bottom } of bands)
        for (const y of [top, bottom])
          if (y > start[q] && y < end[q]) found.push(...(down ? [start[p], y] : [y, start[p]]));
    found.push(...end);
  }
  return found;
}

/** The ends of a wire on the sides of its boxes. */
function attach(points: number[], from: Box, to: Box, down: boolean): void {
  const last = points.length - 2;
  const [p, q] = down ? [0, 1] : [1, 0];
  const clamp = (x: number, box: Box): number => {
    const [at, half] = down ? [box.x, box.w / 2 - 8] : [box.y, box.h / 2 - 8];
    return Math.max(at - half, Math.min(at + half, x));
  };
  points[p] = clamp(points[p], from);
  points[q] = down ? from.y + from.h / 2 : from.x + from.w / 2;
  points[last + p] = clamp(points[last + p], to);
  points[last + q] = down ? to.y - to.h / 2 : to.x - to.w / 2;
}

/** With the top left corner at the origin again. */
function framed(found: Drawing): Drawing {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const b of found.boxes) {
    left = Math.min(left, b.x - b.w / 2);
    right = Math.max(right, b.x + b.w / 2);
    top = Math.min(top, b.y - b.h / 2);
    bottom = Math.max(bottom, b.y + b.h / 2);
  }
  if (!found.boxes.length) return { ...found, width: 0, height: 0 };
  const boxes = found.boxes.map((b) => ({ ...b, x: b.x - left, y: b.y - top }));
  const wires = found.wires.map((w) =>
    wire(w.key, w.from, w.to, w.points.map((p, n) => p - (n % 2 ? top : left))));
  return { ...found, boxes, wires, width: right - left, height: bottom - top };
}

// --- slices -----------------------------------------------------------------------------------

function keptBoxes(scene: Scene, found: Drawing, kept: Uint8Array): boolean[] {
  const statements = new Set<number>();
  kept.forEach((k, i) => k && statements.add(scene.nodes.owner[i]));
  return found.boxes.map((box) =>
    box.kind === "statement" ? statements.has(box.head) || kept[box.head] === 1
      : kept[box.head] === 1);
}

/** Some boxes only, with the room that the others took closed. */
function closed(found: Drawing, keep: boolean[]): Drawing {
  let next = 0;
  const place = keep.map((k) => (k ? next++ : -1));
  const boxes = found.boxes.filter((_, k) => keep[k]);
  const wires = found.wires.filter((w) => keep[w.from] && keep[w.to]);
  const rows = closing(boxes.map((b) => [b.y - b.h / 2, b.y + b.h / 2]), 46);
  const spans: [number, number][] = boxes.map((b) => [b.x - b.w / 2, b.x + b.w / 2]);
  for (const w of wires)
    for (let k = 0; k < w.points.length; k += 2) spans.push([w.points[k] - 6, w.points[k] + 6]);
  const columns = closing(spans, 24);
  return framed({
    ...found,
    boxes: boxes.map((b) => ({ ...b, x: columns(b.x), y: rows(b.y) })),
    wires: wires.map((w) => wire(w.key, place[w.from], place[w.to],
      w.points.map((p, n) => (n % 2 ? rows(p) : columns(p))))),
  });
}

/** A map that closes the gaps between stretches to at most some width. */
function closing(spans: [number, number][], gap: number): (x: number) => number {
  const sorted = [...spans].sort((a, b) => a[0] - b[0]);
  const cuts: { at: number; by: number }[] = []; // gaps end at ``at``, and shrink by so much
  let reach = -Infinity;
  for (const [start, end] of sorted) {
    if (isFinite(reach) && start - reach > gap) cuts.push({ at: start, by: start - reach - gap });
    reach = Math.max(reach, end);
  }
  return (x) => {
    let shift = 0;
    for (const { at, by } of cuts) {
      if (x >= at) shift += by;
      else if (x > at - by) return at - by - shift;
    }
    return x - shift;
  };
}
