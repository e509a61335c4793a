"""Tells the likeliest encoding of bytes by the words that it makes of them, and asks, since no file says it."""

from __future__ import annotations

import codecs
import itertools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.errors import counted

_WEST = (
    "äöüß",
    "éèêëàâæçîïôœùûüÿ",
    "áéíóúñü",
    "áâãàçéêíóôõúü",
    "åäöæøé",
    "àèéìíòóù",
    "áðéíóúýþæö",
)
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "äöüß")
_CYRILLIC, _GREEK = "оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъё", "αοιετσνηυρπκμλςάίόήέδγχώύθφβξζψϊϋΐΰ"
_COMMON = frozenset(_CYRILLIC[:15] + _GREEK[:20])
_ALPHABETS: Mapping[str, tuple[str, ...]] = {
    "cp1252": _WEST,
    "cp1250": _CENTRAL,
    "cp1251": (_CYRILLIC,),
    "cp1254": ("çğıİöşüâî",),
    "cp1253": (_GREEK,),
    "iso-8859-15": _WEST,
    "iso-8859-2": _CENTRAL,
    "mac-roman": _WEST,
    "cp850": _WEST,
    "cp852": _CENTRAL,
    "koi8-r": (_CYRILLIC,),
    "cp866": (_CYRILLIC,),
}
"""The letters beside a to z of each language that an encoding is made for; of equal ones the first is taken."""
_FREQUENT_LEADS: Mapping[str, tuple[int, int]] = {
    "shift-jis": (0x82, 0x97),
    "euc-kr": (0xB0, 0xC8),
    "euc-jp": (0xA4, 0xCF),
    "big5": (0xA4, 0xC6),
    "gb18030": (0xB0, 0xD7),
}
"""Between which first bytes an encoding of many signs keeps those that are frequent."""
_QUOTES, _BY_THEMSELVES = "“”„‘’‚–—…«»", "€£¥§°µ²³½¼¾®©™±×÷\u00a0"
_WORD = re.compile(r"[A-Za-z\u0080-\U0010ffff]*[\u0080-\U0010ffff][A-Za-z\u0080-\U0010ffff]*")
_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_LOOKED_LINES, _LONGEST_LINE = 2_000, 2_000
_RARE, _OF_SEVERAL, _OF_MANY_SIGNS, _WIDE = 0.5, 0.8, 0.8, 0x2E80
_NEARLY_UTF8 = 0.1
_SHOWN, _COMPARED = 3, 6


@dataclass(frozen=True)
class Encoding:
    """How bytes are proposed to become text, and what a person must say to it."""

    name: str
    asked: str = ""


def encoding_of(content: bytes) -> Encoding:
    """Tell the encoding by its mark, else UTF-8 where that reads all; else the likeliest one, with a question."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    wrong = _wrong_byte(content, "utf-8")
    if wrong is None:
        return Encoding("utf-8")
    lines = [match[0][:_LONGEST_LINE] for match in itertools.islice(_LINE.finditer(content), _LOOKED_LINES)]
    as_utf8 = [sign for sign in _read(lines, "utf-8") if sign > "\x7f"]
    if as_utf8.count("\ufffd") <= _NEARLY_UTF8 * len(as_utf8):
        return Encoding(
            "utf-8",
            f"the byte at offset {wrong:,} is none of UTF-8, and nearly all others are: mend the file, or which "
            "encoding is it?",
        )
    readings = {name: _words(_read(lines, name)) for name in (*_ALPHABETS, *_FREQUENT_LEADS)}
    ranked = sorted(readings, key=lambda name: -_likelihood(readings[name], name))
    fitting = list(itertools.islice((name for name in ranked if _wrong_byte(content, name) is None), _COMPARED))
    return Encoding(fitting[0], _question(fitting, lines))


def _question(names: list[str], lines: list[bytes]) -> str:
    """Ask with words as the likeliest encodings read them."""
    best, *others = names
    words = [word for word, _ in _words(_read(lines, best)).most_common()]
    rest = {name: seen for name in others if (seen := [_reread(word, best, name) for word in words]) != words}
    rest = dict(itertools.islice(rest.items(), 2))
    differing = [place for place, word in enumerate(words) if any(seen[place] != word for seen in rest.values())]
    shown = (differing or list(range(len(words))))[:_SHOWN]
    readings = [
        f"{name} reads {', '.join(seen[at][:30] for at in shown)}" for name, seen in {best: words, **rest}.items()
    ]
    need = counted(len(words), "word", "need")
    return f"no file says its encoding, and {need} it: {'; '.join(readings)}. Is it {best}, or which other one?"


def _reread(word: str, by: str, name: str) -> str:
    return word.encode(by, errors="replace").decode(name, errors="replace")


def _read(lines: list[bytes], name: str) -> str:
    return "\n".join(line.decode(name, errors="replace") for line in lines)


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _wrong_byte(content: bytes, name: str) -> int | None:
    """Say where the first byte stands that an encoding cannot read; the last sign may be cut in two."""
    try:
        codecs.getincrementaldecoder(name)().decode(content)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _likelihood(words: Counter[str], name: str) -> float:
    """Say how many of the signs beyond ASCII stand as they do in words of one language; between 0 and 1."""
    signs = sum(count * sum(sign > "\x7f" for sign in word) for word, count in words.items())
    if name in _FREQUENT_LEADS:
        return _OF_MANY_SIGNS * sum(count * _wide(word, name) for word, count in words.items()) / max(signs, 1)
    alphabets = [(one, 1.0) for one in _ALPHABETS[name]]
    alphabets.append(("".join(_ALPHABETS[name]), _OF_SEVERAL))
    return max(
        worth * sum(count * _in_one(word, alphabet) for word, count in words.items()) for alphabet, worth in alphabets
    ) / max(signs, 1)


def _in_one(word: str, alphabet: str) -> float:
    """Count the signs of a word that are letters of an alphabet and stand as letters do, or mark what is around it."""
    is_latin = alphabet[0] not in _CYRILLIC + _GREEK
    found = 0.0
    for place, sign in enumerate(word):
        before, after = word[place - 1 : place], word[place + 1 : place + 2]
        if sign <= "\x7f":
            continue
        if sign in _QUOTES:
            found += not (before.isalpha() and after.isalpha()) or sign in "’–"
        elif sign in _BY_THEMSELVES:
            found += not before.isalpha() and (not after.isalpha() or sign in "°µ\u00a0")
        elif (sign in alphabet or sign.lower() in alphabet) and not (sign.isupper() and _is_small(word[0] + before)):
            is_run = sum(other > "\x7f" for other in (before, after) if other.isalpha()) == 2
            is_mixed = any("A" <= other <= "z" for other in (before, after) if other)
            is_usual = is_latin or sign.lower() in _COMMON
            found += 0.0 if (is_run if is_latin else is_mixed) else 1.0 if is_usual else _RARE
    return found


def _is_small(letters: str) -> bool:
    return any(map(str.islower, letters))


def _wide(word: str, name: str) -> float:
    """Count the signs of a word that an encoding of many signs keeps among the frequent ones."""
    if any("A" <= sign <= "z" for sign in word):
        return 0.0
    first, last = _FREQUENT_LEADS[name]
    found = 0.0
    for sign in word:
        if ord(sign) >= _WIDE and sign != "\ufffd":
            lead = sign.encode(name, errors="replace")[0]
            found += 1.0 if first <= lead <= last else _RARE / 2
    return found
