"""Reads an expression by recursive descent: bounded in length, depth and size, so that no text can take for ever.

expression  = "if" expression "then" expression "else" expression | any
any         = all { "or" all }
all         = truth { "and" truth }
truth       = "not" truth | sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
sum         = product { ("+" | "-") product }
product     = signed { ("*" | "/") signed }
signed      = "-" signed | number | text | "true" | "false" | name | call | "(" expression ")"
call        = function "(" expression { "," expression } ")" | "lookup" "(" expression "," table [ "," expression ] ")"
table       = "{" constant ":" constant { "," constant ":" constant } "}"
"""

from __future__ import annotations

from typing import TypeVar

from flywheel.project.expressions.misread import Misread, Span, close_to
from flywheel.project.expressions.tokens import Token, TokenKind, number_in, tokens_of
from flywheel.project.expressions.tree import Call, Constant, Lookup, Name, Tree

DEEPEST = 30
"""Brackets, conditions and signs within each other."""
MOST_PARTS = 200
"""Constants, names and operations of one expression, a table's entries included."""
RESERVED = frozenset({"if", "then", "else", "and", "or", "not", "true", "false"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
LOOKUP = "lookup"
NEGATED = "negated"
"""The sign before a number, told from the one between two."""

Part = TypeVar("Part", Constant, Name, Call, Lookup)


def parse(text: str) -> Tree:
    """Read a whole expression; the first mistake is raised with its place."""
    reader = _Reader(tokens_of(text))
    if reader.token.kind is TokenKind.END:
        raise Misread("says nothing", reader.token.span, allowed="such as loan / income")
    tree = reader.expression(0)
    reader.must_end()
    return tree


class _Reader:
    """Stands at one token and reads onwards."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens, self._at, self._parts = tokens, 0, 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._at]

    def expression(self, depth: int) -> Tree:
        """Read a condition with its two values, or what is not one."""
        self._bounded(depth)
        if not self._is("if"):
            return self._chain(depth, ("or",), ("and",))
        start = self._next().span
        condition = self.expression(depth + 1)
        self._must("then", "if CONDITION then VALUE else VALUE")
        then = self.expression(depth + 1)
        self._must("else", "if CONDITION then VALUE else VALUE: both values are needed")
        otherwise = self.expression(depth + 1)
        return self._counted(Call("if", (condition, then, otherwise), start.to(otherwise.span)))

    def must_end(self) -> None:
        """Refuse what stands behind a whole expression."""
        if self.token.kind is TokenKind.END:
            return
        allowed = "an operator between two values, or the end"
        if self.token.text in COMPARISONS:
            allowed = "one comparison at a time: a < b and b < c"
        raise Misread(f"{self.token.said} cannot stand here", self.token.span, allowed=allowed)

    def _chain(self, depth: int, operators: tuple[str, ...], *tighter: tuple[str, ...]) -> Tree:
        """Read operands of one strength from left to right; `tighter` are the operators that bind more strongly."""

        def operand() -> Tree:
            if tighter:
                return self._chain(depth, *tighter)
            return self._truth(depth) if operators == ("and",) else self._signed(depth)

        left = operand()
        while self._is(*operators):
            operator = self._next().text
            right = operand()
            left = self._counted(Call(operator, (left, right), left.span.to(right.span)))
        return left

    def _truth(self, depth: int) -> Tree:
        self._bounded(depth)
        if self._is("not"):
            start = self._next().span
            inner = self._truth(depth + 1)
            return self._counted(Call("not", (inner,), start.to(inner.span)))
        left = self._chain(depth, ("+", "-"), ("*", "/"))
        if not self._is(*COMPARISONS):
            return left
        operator = self._next().text
        right = self._chain(depth, ("+", "-"), ("*", "/"))
        return self._counted(Call(operator, (left, right), left.span.to(right.span)))

    def _signed(self, depth: int) -> Tree:
        self._bounded(depth)
        if not self._is("-"):
            return self._single(depth)
        start = self._next().span
        inner = self._signed(depth + 1)
        if isinstance(inner, Constant) and type(inner.value) is float:
            return Constant(-inner.value, start.to(inner.span))
        return self._counted(Call(NEGATED, (inner,), start.to(inner.span)))

    def _single(self, depth: int) -> Tree:
        token = self.token
        if self._is("("):
            self._next()
            inner = self.expression(depth + 1)
            self._must(")", "a closing bracket")
            return inner
        if token.kind is TokenKind.NAME and token.text not in RESERVED:
            self._next()
            return self._call(token, depth) if self._is("(") else self._counted(Name(token.text, token.span))
        return self._constant("a value: a number, a text in quotes, a column, a function or brackets")

    def _constant(self, allowed: str) -> Constant:
        token, is_negative = self.token, False
        if self._is("-"):
            self._next()
            token, is_negative = self.token, True
        if token.kind is TokenKind.NUMBER:
            value = number_in(token)
            self._next()
            return self._counted(Constant(-value if is_negative else value, token.span))
        if token.kind is TokenKind.TEXT and not is_negative:
            self._next()
            return self._counted(Constant(token.text, token.span))
        if token.kind is TokenKind.NAME and token.text in {"true", "false"} and not is_negative:
            self._next()
            return self._counted(Constant(token.text == "true", token.span))
        raise Misread(f"{token.said} cannot stand here", token.span, allowed=allowed)

    def _call(self, name: Token, depth: int) -> Tree:
        self._next()
        if name.text == LOOKUP:
            return self._lookup(name, depth)
        operands: list[Tree] = []
        while not self._is(")"):
            if self.token.kind is TokenKind.END:
                self._must(")", "a closing bracket")
            if operands:
                self._must(",", "a comma between two values, or a closing bracket")
            operands.append(self.expression(depth + 1))
        end = self._next().span
        return self._counted(Call(name.text, tuple(operands), name.span.to(end)))

    def _lookup(self, name: Token, depth: int) -> Tree:
        how = 'lookup(region, {"north": 1.2, "south": 0.9}), with what stands for all others behind it'
        key = self.expression(depth + 1)
        self._must(",", how)
        self._must("{", how)
        table: list[tuple[Constant, Constant]] = []
        while not table or not self._is("}"):
            if table:
                self._must(",", "a comma between two entries, or a closing brace")
            known = self._constant(how)
            self._must(":", how)
            table.append((known, self._constant(how)))
        self._next()
        otherwise = None
        if self._is(","):
            self._next()
            otherwise = self.expression(depth + 1)
        end = self._must(")", "a closing bracket")
        return self._counted(Lookup(key, tuple(table), otherwise, name.span.to(end)))

    def _is(self, *words: str) -> bool:
        return self.token.kind in {TokenKind.SIGN, TokenKind.NAME} and self.token.text in words

    def _next(self) -> Token:
        token = self.token
        self._at += 1
        return token

    def _must(self, word: str, allowed: str) -> Span:
        if not self._is(word):
            meant = close_to(self.token.text, (word,)) if self.token.kind is TokenKind.NAME else ""
            raise Misread(f"`{word}` is missing here", self.token.span, allowed=allowed, suggestion=meant)
        return self._next().span

    def _bounded(self, depth: int) -> None:
        if depth > DEEPEST:
            raise Misread(f"is more than {DEEPEST} levels deep", self.token.span, allowed="several features")

    def _counted(self, part: Part) -> Part:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Misread(f"has more than {MOST_PARTS} parts", part.span, allowed="several features")
        return part
