/* The operations that a tape is made of, as Python computes them; conditions are 1 and 0.

   Special functions: erf by its series of positive terms and erfc by its continued fraction
   (Abramowitz & Stegun 7.1.6 and 7.1.14); log gamma by Stirling's series after a shift (6.1.41),
   gamma by the same series in Lanczos' form (SIAM J. Numer. Anal. 1, 1964). */

type Operation = (a: number, b: number, c: number) => number;

const truth = (holds: boolean): number => (holds ? 1 : 0);

function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function floorQuotient(a: number, b: number): number {
  const exact = (a - modulo(a, b)) / b;
  const low = Math.floor(exact);
  return exact - low > 0.5 ? low + 1 : low;
}

function power(a: number, b: number): number {
  return a === 1 || b === 0 ? 1 : Math.abs(a) === 1 && !isFinite(b) && !isNaN(b) ? 1 : Math.pow(a, b);
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  let rest = x;
  for (let n = 120; n > 0; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * rest);
}

export function erf(x: number): number {
  if (Math.abs(x) < 2) return erfSeries(x);
  return x > 0 ? 1 - erfcFraction(x) : x < 0 ? erfcFraction(-x) - 1 : NaN;
}

export function erfc(x: number): number {
  if (Math.abs(x) < 1.5) return 1 - erfSeries(x);
  return x > 0 ? erfcFraction(x) : x < 0 ? 2 - erfcFraction(-x) : NaN;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

export function gamma(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return NaN;
    if (x <= 171) {
      let product = 1;
      for (let k = 2; k < x; k++) product *= k;
      return product;
    }
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  let sum = LANCZOS[0];
  for (let k = 1; k < 9; k++) sum += LANCZOS[k] / (x - 1 + k);
  const t = x + 6.5;
  const half = Math.pow(t, (x - 0.5) / 2); // in two factors, as it may overflow
  return Math.sqrt(2 * Math.PI) * half * Math.exp(-t) * half * sum;
}

const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

export function lgamma(x: number): number {
  if (!isFinite(x)) return isNaN(x) ? x : Infinity;
  if (x <= 0) {
    const sine = Math.abs(Math.sin(Math.PI * (x - Math.floor(x))));
    return Number.isInteger(x) ? Infinity : Math.log(Math.PI / sine) - lgamma(1 - x);
  }
  if (x < 15) return Math.log(gamma(x));
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum / (x * x) + STIRLING[k];
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + sum / x;
}

export const OPERATIONS: Record<string, Operation> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  floordiv: floorQuotient,
  mod: modulo,
  neg: (a) => -a,
  pow: power,
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  gt: (a, b) => truth(a > b),
  ge: (a, b) => truth(a >= b),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  and: (a, b) => (a ? b : a),
  or: (a, b) => (a ? a : b),
  not: (a) => truth(!a),
  where: (a, b, c) => (a ? b : c),
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  hypot: (a, b) => Math.hypot(a, b),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
  gamma,
  lgamma,
  abs: Math.abs,
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  fmod: (a, b) => a % b,
};
