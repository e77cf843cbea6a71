"""Months as pages write them: in English, and in languages that a browser translates pages into."""

import unicodedata

_BEGINNINGS = (  # of the names, without accents: long enough that no other word for a month has it
    ("jan", "gen", "ene"),
    ("feb", "fev", "fevr"),
    ("mar", "mrz", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mei", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "dic"),
)
_MONTHS = {start: month for month, starts in enumerate(_BEGINNINGS, 1) for start in starts}
_NAMES = frozenset(
    """
    january february march april may june july august september october november december
    januar februar marz maerz april mai juni juli august september oktober november dezember
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre
    diciembre janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro
    dezembro gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre
    dicembre januari februari maart april mei juni juli augustus september oktober november december
    jan feb mar apr jun jul aug sep sept oct nov dec mrz mrt okt dez janv fevr avr juil aou ene abr
    ago dic set out fev gen mag giu lug ott
    """.split()
)


def month(name: str) -> int | None:
    """1 to 12 for the name of a month or its short form, with or without its full stop."""
    plain = unicodedata.normalize("NFKD", name.rstrip(".").casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    if letters not in _NAMES:
        return None
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3])
