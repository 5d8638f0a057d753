"""The operation table: one row describes an operation completely.

A row gives the spelling, the local partial of every argument, and what cannot be derived from
these.  Partials and definitions are text in graphc's own language, so they can be printed, tested
and differentiated again; ``out`` stands for the result, so that ``exp`` costs nothing twice.
The form is that of the rule tables of DiffRules.jl and ChainRules.jl; the formulas are those of
Abramowitz & Stegun (chapters 4, 6, 7) and of Griewank & Walther, "Evaluating Derivatives",
table 2.3.
Adding an operation is adding a row: parser, evaluation, derivatives, generated code,
documentation and tests walk this table.

At a kink the row states the choice (``note``): it is policy, not accident.  Where Python raises an
error, the row states what IEEE 754 has instead (``ieee``).  Of functions that is what annex F of
the C standard (C99 and later; section F.9, F.10 since C11) gives them, of ``//`` and ``%`` what
NumPy returns, of ``floor``, ``ceil`` and ``trunc`` the argument, as in C.

>>> OPS["tanh"].partials
('1 - out*out',)
>>> OPS["atan2"].params
('y', 'x')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphc.domains import DOMAINS
from graphc.series import BERNOULLI1, BERNOULLI2, EXP1, EXP2, LOG1, LOG2, SIN1, SIN2

Interval = tuple[float, float]

# Binding strength of the spellings, as in Python's expression grammar.
IF_ELSE, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 11)


@dataclass(frozen=True)
class Op:
    """One row of the table.

    Parameters
    ----------
    name : str
        Name of the operation in the graph and, for functions, in the language.
    form : str
        How it is written, with its arguments: ``"x * y"``, ``"atan2(y, x)"``.
    params : tuple of str
        Argument names, in order.
    partials : tuple of str
        Local partial with respect to each argument; empty for conditions.
    doc : str
        What it is, in a few words.
    prec : int
        Binding strength of the spelling.
    symbol : str
        The operator, for operations that are not written as calls.
    defaults : tuple of float
        Values of the last arguments when they are left out.
    definition : str
        The operation in terms of others, as an expression or as a small file that ends by
        assigning ``out``: what targets without the function use.  An operation that has a
        definition and no partials is replaced by its definition as it is read.
    python, sympy, mpmath : str
        ``module.name`` in Python's library; the function's name in the others.
        Empty: the definition is used.
    since : tuple of int
        First Python version whose library has it; the definition serves before.
    domain : tuple of interval
        Where each argument may be; tests sample it.
    holes : tuple of float
        Points of the domain where the second derivative does not exist.
    note : str
        The choice made at a kink, a tie or an edge.
    defined, continuous, smooth, twice, range, turns, monotone : str
        Where it is what, and what it can be: see `graphc.domains`, which holds these texts.
    ieee : str
        The result where Python raises an error; ``inf`` and ``nan`` stand for themselves.
        Empty: it never raises, or its definition says what happens.
    commutative, chains, exact, condition : bool
        Whether arguments may be swapped; whether more arguments fold from the left; whether
        constants fold to the same result on every machine; whether the result is a condition.
    conditions, constants : tuple of int
        Arguments that are conditions; arguments that must be constants.
    lazy : tuple of (int, bool)
        Arguments needed only when the first argument is true, or false.
    """

    name: str
    form: str
    params: tuple[str, ...]
    partials: tuple[str, ...]
    doc: str
    prec: int = ATOM
    symbol: str = ""
    defaults: tuple[float, ...] = ()
    definition: str = ""
    python: str = ""
    sympy: str = ""
    mpmath: str = ""
    since: tuple[int, int] = (3, 8)
    domain: tuple[Interval, ...] = ()
    holes: tuple[float, ...] = ()
    note: str = ""
    defined: str = ""
    continuous: str = ""
    smooth: str = ""
    twice: str = ""
    range: str = ""
    turns: str = ""
    monotone: str = ""
    ieee: str = ""
    commutative: bool = False
    chains: bool = False
    exact: bool = False
    condition: bool = False
    conditions: tuple[int, ...] = ()
    constants: tuple[int, ...] = ()
    lazy: tuple[tuple[int, bool], ...] = ()

    @property
    def total(self) -> bool:
        """Whether it is defined for all arguments."""
        return all(interval == _LINE for interval in self.domain)

    @property
    def macro(self) -> bool:
        """Whether the definition replaces the operation as it is read."""
        return not self.partials and not self.condition


_LINE = (-3.0, 3.0)
_POSITIVE = (0.1, 3.0)


def op(form: str, *partials: str, doc: str, name: str = "", **fields: object) -> Op:
    """Build a row from how the operation is written.

    >>> op("hypot(x, y)", "x/out", "y/out", doc="length").name
    'hypot'
    """
    call = re.fullmatch(r"(\w+)\((.*)\)", form)
    defaults = re.findall(r"=([^,)]*)", form) if call else []
    signature = re.sub(r"=[^,)]*", "", form) if call else form
    symbol = "" if call else re.sub(r"\b[a-z]\b", "", signature).strip()
    params = tuple(re.findall(r"\b[a-z]\w*\b", signature))
    name = name or (call[1] if call else symbol)
    params = tuple(p for p in params if p not in (name, symbol))
    if not fields.get("definition"):
        library = "math" if call else "operator"
        fields = {"python": f"{library}.{name}", "sympy": name, "mpmath": name, **fields}
    fields = {"domain": (_LINE,) * len(params), **DOMAINS.get(name, {}), **fields}
    return Op(name, signature, params, partials, doc, symbol=symbol,
              defaults=tuple(map(float, defaults)), **fields)  # type: ignore[arg-type]  # fmt: skip


# Where Python raises an error; also for whole numbers of either sign that are larger than floats.
_QUOTIENT = "where(x == 0 or x != x, nan, copysign(inf, x)*copysign(1, y))"
_POWER = "where(x < 0 and y % 1 != 0, nan, where(y % 2 == 1, copysign(inf, x), inf))"
_LOG = "where(x == 0, -inf, nan)"

_ROWS = (
    # arithmetic
    op("x + y", "1", "1", name="add", prec=SUM, commutative=True, exact=True, doc="sum"),
    op("x - y", "1", "-1", name="sub", prec=SUM, exact=True, doc="difference"),
    op("x * y", "y", "x", name="mul", prec=PRODUCT, commutative=True, exact=True, doc="product"),
    op("x / y", "1/y", "-out/y", name="div", prec=PRODUCT, exact=True, doc="quotient",
       python="operator.truediv", domain=(_LINE, _POSITIVE), ieee=_QUOTIENT),
    op("x // y", "0", "0", name="floordiv", prec=PRODUCT, exact=True,
       doc="quotient rounded down", definition="floor(x/y)", python="operator.floordiv",
       domain=(_LINE, _POSITIVE), note="flat between its steps", ieee=_QUOTIENT),
    op("x % y", "1", "-(x // y)", name="mod", prec=PRODUCT, exact=True,
       doc="remainder with the sign of y", definition="x - y*floor(x/y)",
       python="operator.mod", domain=(_LINE, _POSITIVE), note="sloped at its steps too",
       ieee="nan"),
    op("-x", "-1", name="neg", prec=SIGN, exact=True, doc="negation"),
    op("x ** y", "where(y == 0, 0, y*x**(y - 1))", "where(x == 0, 0, out*log(x))", name="pow",
       prec=POWER, exact=True, doc="power", domain=(_POSITIVE, _LINE), ieee=_POWER,
       note="slope 0 in x where y = 0, and in y where x = 0"),
    # conditions
    op("x < y", name="lt", prec=COMPARE, condition=True, exact=True, doc="less than"),
    op("x <= y", name="le", prec=COMPARE, condition=True, exact=True, doc="at most"),
    op("x > y", name="gt", prec=COMPARE, condition=True, exact=True, doc="greater than"),
    op("x >= y", name="ge", prec=COMPARE, condition=True, exact=True, doc="at least"),
    op("x == y", name="eq", prec=COMPARE, condition=True, exact=True, doc="equal",
       sympy="Eq"),
    op("x != y", name="ne", prec=COMPARE, condition=True, exact=True, doc="not equal",
       sympy="Ne"),
    op("c and d", name="and", prec=AND, condition=True, conditions=(0, 1), exact=True,
       lazy=((1, True),), doc="both", sympy="And", python="operator.and_"),
    op("c or d", name="or", prec=OR, condition=True, conditions=(0, 1), exact=True,
       lazy=((1, False),), doc="one or both", sympy="Or", python="operator.or_"),
    op("not c", name="not", prec=NOT, condition=True, conditions=(0,), exact=True,
       doc="the contrary", sympy="Not", python="operator.not_"),
    op("where(c, x, y)", "0", "where(c, 1, 0)", "where(c, 0, 1)", prec=IF_ELSE,
       conditions=(0,), lazy=((1, True), (2, False)), exact=True, python="",
       sympy="Piecewise", mpmath="", doc="x where c holds, else y; also written x if c else y",
       note="the derivative of the branch taken"),
    # powers, exponentials, logarithms
    op("sqrt(x)", "0.5/out", exact=True, doc="square root", domain=(_POSITIVE,), ieee="nan"),
    op("cbrt(x)", "1/(3*out*out)", doc="cube root", since=(3, 11), python="math.cbrt",
       definition="y = exp(log(abs(x))/3)\n"
       "out = where(x + x == x, x, copysign(y - (y - abs(x)/(y*y))/3, x))",
       domain=(_POSITIVE,)),
    op("exp(x)", "out", doc="exponential", ieee="where(x > 0, inf, 0)"),
    op("exp2(x)", "out*log(2)", doc="power of two", definition="2**x", since=(3, 11),
       python="math.exp2", ieee="where(x > 0, inf, 0)"),
    op("expm1(x)", "exp(x)", doc="exponential less 1, without cancellation",
       definition="exp(x) - 1", python="math.expm1", mpmath="expm1",
       ieee="where(x > 0, inf, -1)"),
    op("log(x)", "1/x", doc="natural logarithm", domain=(_POSITIVE,), ieee=_LOG),
    op("log2(x)", "1/(x*log(2))", doc="logarithm to base 2", domain=(_POSITIVE,),
       definition="log(x)/log(2)", python="math.log2", ieee=_LOG),
    op("log10(x)", "1/(x*log(10))", doc="logarithm to base 10", domain=(_POSITIVE,),
       definition="log(x)/log(10)", python="math.log10", ieee=_LOG),
    op("log1p(x)", "1/(1 + x)", doc="logarithm of 1 + x, without cancellation",
       definition="log(1 + x)", python="math.log1p", mpmath="log1p", domain=((-0.9, 3.0),),
       ieee="where(x == -1, -inf, nan)"),
    op("ratio(x, y)", "ratio(1, y)", "-ratio(out, y)", doc="quotient x/y, 0 where y is 0",
       definition="where(y == 0, 0, x/y)", domain=(_LINE, _POSITIVE), note="slopes 0 at y = 0"),
    op("hypot(x, y)", "ratio(x, out)", "ratio(y, out)",
       commutative=True, chains=True, doc="length of the vector with these components",
       definition="sqrt(x*x + y*y)", python="math.hypot", mpmath="hypot",
       domain=(_POSITIVE, _LINE), note="slope 0 at the origin"),
    op("hypot3(x, y, z)", "ratio(x, out)", "ratio(y, out)", "ratio(z, out)",
       doc="length of the vector with these three components", python="math.hypot",
       definition="hypot(hypot(x, y), z)", domain=(_POSITIVE, _LINE, _LINE),
       note="slope 0 at the origin"),
    # trigonometric and hyperbolic functions
    op("sin(x)", "cos(x)", doc="sine of x radians", ieee="nan"),
    op("cos(x)", "-sin(x)", doc="cosine of x radians", ieee="nan"),
    op("tan(x)", "1 + out*out", doc="tangent of x radians", domain=((-1.5, 1.5),),
       ieee="nan"),
    op("asin(x)", "1/sqrt((1 - x)*(1 + x))", doc="arc sine, in radians", domain=((-0.9, 0.9),),
       ieee="nan"),
    op("acos(x)", "-1/sqrt((1 - x)*(1 + x))", doc="arc cosine, in radians", domain=((-0.9, 0.9),),
       ieee="nan"),
    op("atan(x)", "1/(1 + x*x)", doc="arc tangent, in radians"),
    op("atan2(y, x)", "x/hypot(x, y)/hypot(x, y)", "-y/hypot(x, y)/hypot(x, y)",
       domain=(_LINE, _POSITIVE), doc="angle of the point (x, y), in radians"),
    op("sinh(x)", "cosh(x)", doc="hyperbolic sine", ieee="copysign(inf, x)"),
    op("cosh(x)", "sinh(x)", doc="hyperbolic cosine", ieee="inf"),
    op("tanh(x)", "1 - out*out", doc="hyperbolic tangent"),
    op("asinh(x)", "1/sqrt(x*x + 1)", doc="inverse hyperbolic sine"),
    op("acosh(x)", "1/sqrt((x - 1)*(x + 1))", doc="inverse hyperbolic cosine",
       domain=((1.1, 4.0),), ieee="nan"),
    op("atanh(x)", "1/((1 - x)*(1 + x))", doc="inverse hyperbolic tangent",
       domain=((-0.9, 0.9),), ieee="where(abs(x) == 1, copysign(inf, x), nan)"),
    # error and gamma functions
    op("erf(x)", "2/sqrt(pi)*exp(-x*x)", doc="error function"),
    op("erfc(x)", "-2/sqrt(pi)*exp(-x*x)", doc="complement 1 - erf(x), without cancellation"),
    op("gamma(x)", "out*digamma(x)", doc="gamma function", domain=(_POSITIVE,),
       ieee="where(x > -1, copysign(inf, x), nan)"),
    op("lgamma(x)", "digamma(x)", doc="logarithm of |gamma(x)|", sympy="loggamma",
       definition="log(abs(gamma(x)))", python="math.lgamma", domain=(_POSITIVE,),
       ieee="inf"),
    op("digamma(x)", "polygamma(1, x)", doc="derivative of lgamma", mpmath="digamma",
       sympy="digamma", domain=(_POSITIVE,),
       definition="y = where(x > 0, x, 1 - x)\n"
       "z = y + 10\n"
       "t = 1/(z*z)\n"
       "s = t*(1/12 - t*(1/120 - t*(1/252 - t*(1/240 - t*(1/132 - t*(691/32760 - t/12))))))\n"
       "p = log(z) - 0.5/z - s - (1/y + sum(1/(y + k) for k in range(1, 10)))\n"
       "out = where(x > 0, p, p - pi/tan(pi*(x - floor(x + 0.5))))"),
    op("polygamma(n, x)", "0", "polygamma(n + 1, x)", mpmath="polygamma", sympy="polygamma",
       constants=(0,), domain=((1.0, 3.0), _POSITIVE),
       doc="derivative of digamma of whole, constant order n > 0",
       definition="z = x + 20\n"
       "r = sum(1/(x + k)**(n + 1) for k in range(20))\n"
       "b = 1 + n*(n + 1)/(12*z*z)*(1 - (n + 2)*(n + 3)/(60*z*z)*(1 - (n + 4)*(n + 5)/(42*z*z)"
       "*(1 - (n + 6)*(n + 7)/(40*z*z)*(1 - 5*(n + 8)*(n + 9)/(198*z*z)))))\n"
       "p = (-1)**(n + 1)*gamma(n)*(n*r + n/(2*z**(n + 1)) + b/z**n)\n"
       "out = where(x > -10, p, log(x))",
       note="for x <= -10 it ends in a domain error"),
    # kinks and steps
    op("abs(x)", "sign(x)", exact=True, doc="absolute value", python="builtins.abs",
       sympy="Abs", mpmath="fabs", holes=(0.0,), note="slope 0 at 0"),
    op("fabs(x)", definition="abs(x)", doc="absolute value",
       holes=(0.0,), note="slope 0 at 0"),
    op("sign(x)", "0", exact=True, doc="sign: -1, 0 or 1", mpmath="sign",
       definition="where(x > 0, 1, where(x < 0, -1, x))", sympy="sign", holes=(0.0,),
       note="0 at 0; flat there too"),
    op("copysign(x, y)", "sign(x)*copysign(1, y)", "0", exact=True,
       doc="magnitude of x with the sign of y", python="math.copysign",
       definition="where(y >= 0, abs(x), -abs(x))", holes=(0.0,), note="slope 0 at x = 0"),
    op("floor(x)", "0", doc="rounded down", holes=(0.0,), note="flat at its steps too",
       ieee="x"),
    op("ceil(x)", "0", doc="rounded up", sympy="ceiling", holes=(0.0,),
       note="flat at its steps too", ieee="x"),
    op("trunc(x)", "0", doc="rounded towards 0", definition="where(x >= 0, floor(x), ceil(x))",
       python="math.trunc", holes=(0.0,), note="flat at its steps too", ieee="x"),
    op("fmod(x, y)", "1", "-trunc(x/y)", exact=True, doc="remainder with the sign of x",
       definition="x - y*trunc(x/y)", python="math.fmod", domain=(_LINE, _POSITIVE),
       note="sloped at its steps too", ieee="nan"),
    op("min(x, y)", "where(y < x, 0, 1)", "where(y < x, 1, 0)", chains=True, exact=True,
       doc="the smaller", python="builtins.min", sympy="Min",
       definition="where(y < x, y, x)", note="a tie goes to the first argument"),
    op("max(x, y)", "where(y > x, 0, 1)", "where(y > x, 1, 0)", chains=True, exact=True,
       doc="the larger", python="builtins.max", sympy="Max",
       definition="where(y > x, y, x)", note="a tie goes to the first argument"),
    op("clip(x, a, b)",
       definition="min(max(x, a), b)", doc="x brought between a and b",
       domain=(_LINE, (-1.5, -0.5), (0.5, 1.5)), note="slope 1 at both ends"),
    # model building blocks
    op("sigmoid(x)", "out*sigmoid(-x)", doc="logistic function 1/(1 + exp(-x))",
       definition="where(x >= 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))"),
    op("softplus(x)", "sigmoid(x)", doc="smooth relu, log(1 + exp(x))",
       definition="max(x, 0) + log1p(exp(-abs(x)))"),
    op("relu(x)", definition="max(0, x)",
       doc="positive part", holes=(0.0,), note="slope 0 at 0"),
    op("leaky_relu(x, a=0.01)",
       definition="where(x > 0, x, a*x)", doc="x, or a times x below 0", holes=(0.0,),
       note="slope a at 0"),
    op("hard_tanh(x)",
       definition="clip(x, -1, 1)", doc="x brought between -1 and 1", holes=(-1.0, 1.0),
       note="slope 1 at both ends"),
    op("elu(x, a=1)",
       definition="where(x > 0, x, a*expm1(x))", doc="x, or a*expm1(x) below 0",
       holes=(0.0,), note="slope a at 0"),
    op("gelu(x)",
       definition="0.5*x*erfc(-x/sqrt(2))", doc="x times the normal distribution function"),
    op("logsumexp(x, y)", "sigmoid(x - y)", "sigmoid(y - x)", commutative=True, chains=True,
       definition="max(x, y) + log1p(exp(-abs(x - y)))", doc="logarithm of exp(x) + exp(y)"),
    op("sinc(x)", "where(abs(x) < 0.1, x*(-pi*pi/3)*(1 - (pi*x)**2/10*(1 - (pi*x)**2/28*(1 - "
       "(pi*x)**2/54*(1 - (pi*x)**2/88*(1 - (pi*x)**2/130))))), (cos(pi*x) - out)/x)",
       doc="cardinal sine sin(pi*x)/(pi*x), 1 at 0", domain=((0.2, 3.0),),
       definition="where(x == 0, 1, sin(pi*x)/(pi*x))",
       note="a series near 0, where the formula cancels"),
    op("log0(x)", "1/x", doc="natural logarithm, -inf at 0", domain=(_POSITIVE,),
       sympy="log", mpmath="log",
       definition="where(x == 0, -1e308*10, log(x))"),
    op("xlogx(x)", "log0(x) + 1", doc="product x*log(x), 0 where x is 0",
       definition="where(x == 0, 0, x*log(x))", domain=(_POSITIVE,), note="at 0 the slope is -inf"),
    op("xlogy(x, y)", "log0(y)", "where(x == 0, 0, x/y)",
       doc="product x*log(y), 0 where x is 0", definition="where(x == 0, 0, x*log(y))",
       domain=(_POSITIVE, _POSITIVE), note="at y = 0 the slope in x is -inf"),
    op("xxlogx(x)", "2*xlogy(x, abs(x)) + x", doc="product x*x*log(|x|), 0 where x is 0",
       definition="where(x == 0, 0, x*x*log(abs(x)))", domain=(_POSITIVE,)),
    op("logit(x)", "1/(x*(1 - x))", doc="inverse of sigmoid, log(x/(1 - x))",
       definition="log(x) - log1p(-x)", domain=((0.1, 0.9),)),
    op("logratio(x, y)", "1/x", "-1/y", domain=(_POSITIVE, _POSITIVE),
       doc="log(x) - log(y), without cancellation",
       definition="where(abs(x - y) < 0.5*y, log1p((x - y)/y), "
       "where(1e-300*y < x < 1e300*y, log(x/y), log(x) - log(y)))"),
    # quotients with a limit at 0; where the formulas of their derivatives cancel, series serve
    op("sinrel(x)", "dsinrel(x)", domain=((1.1, 3.0),),
       doc="cardinal sine of radians, sin(x)/x, 1 at 0", definition="where(x == 0, 1, sin(x)/x)"),
    op("dsinrel(x)", f"where(abs(x) < 1, {SIN2}, -sinrel(x) - 2*out/x)", domain=((1.1, 3.0),),
       doc="derivative of sinrel",
       definition=f"where(abs(x) < 1, x*({SIN1}), (cos(x) - sin(x)/x)/x)"),
    op("exprel(x)", "dexprel(x)", doc="quotient (exp(x) - 1)/x, 1 at 0", domain=((1.1, 3.0),),
       definition="where(x == 0, 1, expm1(x)/x)"),
    op("dexprel(x)", f"where(abs(x) < 1, {EXP2}, (exp(x) - 2*out)/x)", domain=((1.1, 3.0),),
       doc="derivative of exprel",
       definition=f"where(abs(x) < 1, {EXP1}, (exp(x) - expm1(x)/x)/x)"),
    op("logrel(x)", "dlogrel(x)", doc="quotient log(1 + x)/x, 1 at 0", domain=((1.1, 3.0),),
       definition="where(x == 0, 1, log1p(x)/x)"),
    op("dlogrel(x)", f"where(-0.5 < x < 1, {LOG2}, -(1/((1 + x)*(1 + x)) + 2*out)/x)",
       domain=((1.1, 3.0),), doc="derivative of logrel",
       definition=f"where(-0.5 < x < 1, {LOG1}, (1/(1 + x) - log1p(x)/x)/x)"),
    op("bernoulli(x)", "dbernoulli(x)", doc="quotient x/(exp(x) - 1), 1 at 0",
       domain=((1.6, 3.0),),
       definition="where(x == 0, 1, where(x < 40, x/expm1(x), x*exp(-x)))"),
    op("dbernoulli(x)", f"where(abs(x) < 1.5, {BERNOULLI2}, "
       "exp(-abs(x))*(abs(x)*(1 + exp(-abs(x))) + 2*expm1(-abs(x)))/-expm1(-abs(x))**3)",
       domain=((1.6, 3.0),), doc="derivative of bernoulli",
       definition=f"where(abs(x) < 1.5, {BERNOULLI1}, where(x < 0, "
       "(expm1(x) - x*exp(x))/expm1(x)**2, exp(-x)*(1 - x - exp(-x))/expm1(-x)**2))"),
)  # fmt: skip

OPS: dict[str, Op] = {row.name: row for row in _ROWS}

# The spellings, for the parser: binary operators, and functions by name.
BINARY = {row.symbol: row for row in _ROWS if row.symbol and len(row.params) == 2}
FUNCTIONS = {row.name: row for row in _ROWS if not row.symbol or row.name == "pow"}
