"""Reading one formula: a small recursive descent over symbols, brackets, amounts and open amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from importer.layers.elements import is_element, is_isotope

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_NUMBER = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})")
_VARIABLE = re.compile(r"delta|[xyzuvwnδΔ]|d(?![a-z])")
_SIGN = re.compile(r"\s*[+\-−–±]\s*")
_ADDED = re.compile(r"\s*[·•⋅∙*×@]\s*")
_ADDED_SIGN = re.compile(r"[·•⋅∙*×@]")
_VACANCY = "□"
"""Source: IUPAC Red Book 2005, IR-11.4.2."""
_UP = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻^]")
_CHARGE = re.compile(r"\+(?:[0-9]|[A-Z(]|$)")
_SPACE = re.compile(r"\s*")
_BRACKETED_AMOUNT = re.compile(r"\s*\((?=[^A-Z()]*\))")
_OPEN_IN_BRACKETS = re.compile(r"\([0-9.]{1,9}\s?[-−–+]\s?[0-9.]{0,9}[xyz]\)")
_LEADING_ZERO = re.compile(r"0[0-9]")
_ISOTOPE = re.compile(r"\^?\{?([0-9]{1,3})\}?(?=([A-Z][a-z]?))")
_PARTED = "{!r} separates materials; give each layer its own row"
MAX_DEPTH = 16


class FormulaError(ValueError):
    """A text that is no formula; the message is the reason, for people."""


class UnknownElementError(FormulaError):
    """A symbol that no element has."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"there is no element {symbol!r}")
        self.symbol = symbol


class LeadingZeroError(FormulaError):
    """An amount that begins with a nought, as if the letter O had been meant; ``at`` is its position."""

    def __init__(self, at: int) -> None:
        super().__init__("an amount starts with a zero")
        self.at = at


@dataclass(slots=True)
class Formula:
    """Element -> amount, as far as the formula fixes them.

    Attributes:
        amounts: the sums over all groups.
        is_open: some amount is a variable, or a site names alternatives.
        isotopes: the nuclides that are named, e.g. ``13C``, ``D``.
    """

    amounts: dict[str, float] = field(default_factory=dict)
    is_open: bool = False
    isotopes: tuple[str, ...] = ()

    def add(self, other: Formula, factor: float) -> None:
        """Add another formula, so many times."""
        for symbol, amount in other.amounts.items():
            self.amounts[symbol] = self.amounts.get(symbol, 0.0) + amount * factor
        self.is_open = self.is_open or other.is_open
        self.isotopes += other.isotopes


def read_formula(text: str) -> Formula:
    """Return the amounts of a formula such as ``Ca(OH)2``, ``PbMg1/3Nb2/3O3``, ``La1-xSrxMnO3``, ``CuSO4·5H2O``.

    Raises:
        UnknownElementError: a symbol that no element has.
        FormulaError: anything else that isn't a formula.
    """
    reader = _Reader(text.strip())
    formula = reader.read_parts()
    if reader.at < len(reader.text):
        raise FormulaError(reader.say_where())
    if not formula.is_open and not any(formula.amounts.values()):
        raise FormulaError("all its amounts are zero")
    return formula


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def say_where(self) -> str:
        """Return in words what stands where the reading ended."""
        rest = self.text[self.at :]
        if _UP.match(rest):
            return f"{rest[0]!r} is a superscript; write counts as plain digits and leave charges out"
        if rest[0] in "/|\\":
            return _PARTED.format(rest[0])
        if _CHARGE.match(rest):
            return "it contains a charge; leave charges out"
        return f"{rest[0]!r} isn't an element or a number"

    def read_parts(self) -> Formula:
        """Read a formula whose adducts stand behind a centred dot, each with its number before it."""
        whole = Formula()
        is_first = True
        while is_first or self._take(_ADDED):
            before, is_open = self._read_factor() if not is_first or _ADDED_SIGN.search(self.text) else (None, False)
            self._take(_SPACE)
            whole.add(self.read_groups(0), 1.0 if before is None else before)
            whole.is_open = whole.is_open or is_open
            is_first = False
        return whole

    def read_groups(self, depth: int) -> Formula:
        """Read elements and brackets, each with its amount, up to something else."""
        if depth > MAX_DEPTH:
            raise FormulaError("its brackets are nested too deeply")
        found = Formula()
        begun = self.at
        while True:
            self._take(_SPACE)
            char = self._peek()
            if char in _CLOSING and char:
                unit = self._read_bracket(depth)
            elif char == _VACANCY:
                self.at += 1
                unit = Formula()
            elif isotope := self._read_isotope():
                unit = Formula({isotope[1]: 1.0}, isotopes=("".join(isotope),))
            elif char.isascii() and char.isupper():
                symbol = self._read_symbol()
                unit = Formula({symbol: 1.0}, isotopes=(symbol,) if symbol == "D" else ())
            else:
                break
            amount, is_open = self._read_amount()
            found.add(unit, amount)
            found.is_open = found.is_open or is_open
        if self.at == begun or not found.amounts:
            what = f"{char!r} is" if char else "nothing is"
            raise (
                UnknownElementError(self._read_word())
                if char.isalpha()
                else FormulaError(f"{what} where an element is expected")
            )
        return found

    def _read_isotope(self) -> tuple[str, str] | None:
        """Read a mass number and its symbol, ``13C`` or ``^{18}O``; None where there is no such nuclide."""
        match = _ISOTOPE.match(self.text, self.at)
        if match is None:
            return None
        mass, symbol = match.groups()
        if not is_isotope(symbol, int(mass)):
            return None
        self.at = match.end() + len(symbol)
        return mass, symbol

    def _read_word(self) -> str:
        match = re.compile(r"[^\W\d_]+").match(self.text, self.at)
        return match[0] if match else ""

    def _read_symbol(self) -> str:
        symbol = self._take(_SYMBOL)
        if is_element(symbol):
            return symbol
        if len(symbol) > 1 and is_element(symbol[0]) and _VARIABLE.match(symbol[1]):
            self.at -= 1
            return symbol[0]
        raise UnknownElementError(symbol)

    def _read_bracket(self, depth: int) -> Formula:
        opening = self._peek()
        self.at += 1
        found = self.read_groups(depth + 1)
        while self._peek() == ",":
            self.at += 1
            found.add(self.read_groups(depth + 1), 1.0)
            found.is_open = True
        if self._peek() in ("/", "|"):
            raise FormulaError(_PARTED.format(self._peek()))
        if self._peek() != _CLOSING[opening]:
            raise FormulaError(f"{opening!r} isn't closed by {_CLOSING[opening]!r}")
        self.at += 1
        return found

    def _read_amount(self) -> tuple[float, bool]:
        """Read ``2``, ``0.5``, ``1/3``, ``x``, ``1-x``, ``7-δ``, ``2x``, ``(1-x)``; nothing means one."""
        if self._take(_BRACKETED_AMOUNT):
            amount, is_open = self._read_sum()
            if (amount is None and not is_open) or self._peek() != ")":
                raise FormulaError("the text in its parentheses is neither a group nor an amount")
            self.at += 1
        else:
            amount, is_open = self._read_sum()
            if amount is not None and not is_open and self._take(_OPEN_IN_BRACKETS):  # 2(1-x)
                is_open = True
        return (1.0 if amount is None else amount), is_open

    def _read_factor(self) -> tuple[float | None, bool]:
        """Read the number before an adduct: ``5``, ``x``, ``(40-x)``."""
        if self._take(_OPEN_IN_BRACKETS):
            return 1.0, True
        return self._read_term()

    def _read_sum(self) -> tuple[float | None, bool]:
        amount, is_open = self._read_term()
        if amount is None and not is_open:
            return None, False
        while True:
            before = self.at
            if not self._take(_SIGN):
                break
            term, has_variable = self._read_term()
            if term is None and not has_variable:
                self.at = before
                break
            if not (is_open or has_variable):
                raise FormulaError("two numbers are joined by a sign; write one amount, or a letter for an open one")
            is_open = True
        return amount, is_open

    def _read_term(self) -> tuple[float | None, bool]:
        if _LEADING_ZERO.match(self.text, self.at):
            raise LeadingZeroError(self.at)
        digits = self._take(_NUMBER)
        amount = float(digits) if digits else None
        if amount is not None and self._peek() == "/":
            self.at += 1
            below = self._take(_NUMBER)
            if not below or not float(below):
                raise FormulaError(_PARTED.format("/"))
            amount /= float(below)
        is_open = bool(self._take(_VARIABLE))
        if is_open and self._peek() == "/":
            self.at += 1
            if not self._take(_NUMBER):
                raise FormulaError("a fraction has no denominator")
        return amount, is_open
