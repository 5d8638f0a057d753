/* How long texts are. */

const ruler = document.createElement("canvas").getContext("2d")!;
const lengths = new Map<string, number>();

/** How long a text is; asking the picture would lay it out anew for every box. */
export function lengthOf(value: string, size: number, weight: number): number {
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
export function squeeze(line: SVGTextElement, width: number, size: number, weight = 400): void {
  const length = lengthOf(line.textContent ?? "", size, weight);
  if (length > width) {
    line.setAttribute("textLength", String(width));
    line.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else line.removeAttribute("textLength");
}
