"""Time zones as people say them: a city, a country, an abbreviation. Pure.

Countries and their zones are the tables of tzdata. What they lack stands here: cities in which
research is done, and abbreviations, of which some mean several zones. Zones whose clocks always
agree count as one.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

LONGEST = 60
"""Characters of a name that are looked at: no place has a longer one."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A zone under a name that people give it."""

    name: str
    zone: str
    """IANA's name."""


_CITIES = {
    "Africa/Johannesburg": "Cape Town, Pretoria",
    "America/Costa_Rica": "San José",
    "America/Chicago": "Austin, Dallas, Houston, Madison, Minneapolis, St Louis, US Central",
    "America/Denver": "Boulder, Salt Lake City, US Mountain",
    "America/Edmonton": "Calgary",
    "America/Los_Angeles": "Berkeley, Mountain View, Palo Alto, Portland, San Diego, San Francisco,"
    "San José, Seattle, Stanford, US Pacific",
    "America/New_York": "Atlanta, Baltimore, Boston, Cambridge, Ithaca, Miami, NYC, Philadelphia,"
    "Pittsburgh, Princeton, Washington, Washington DC, US Eastern",
    "America/Sao_Paulo": "Belo Horizonte, Brasília, Campinas, Rio de Janeiro",
    "America/Toronto": "Ottawa, Quebec, Waterloo",
    "Asia/Dubai": "Abu Dhabi",
    "Asia/Ho_Chi_Minh": "Hanoi",
    "Asia/Jerusalem": "Haifa",
    "Asia/Karachi": "Islamabad, Lahore",
    "Asia/Kolkata": "Ahmedabad, Bangalore, Bengaluru, Chennai, Delhi, Hyderabad, Mumbai, New Delhi,"
    "Pune",
    "Asia/Riyadh": "Jeddah",
    "Asia/Seoul": "Busan, Daejeon",
    "Asia/Shanghai": "Beijing, Chengdu, Guangzhou, Hangzhou, Hefei, Nanjing, Shenzhen, Wuhan",
    "Asia/Tokyo": "Fukuoka, Kyoto, Nagoya, Osaka, Sapporo, Yokohama",
    "Asia/Taipei": "Hsinchu",
    "Europe/Amsterdam": "Delft, Eindhoven, Holland, Rotterdam, Utrecht",
    "Europe/Berlin": "Aachen, Cologne, Darmstadt, Dresden, Frankfurt, Freiburg, Hamburg, Heidelberg"
    ", Köln, Munich, München, Saarbrücken, Stuttgart, Tübingen",
    "Europe/Brussels": "Ghent, Leuven",
    "Europe/Copenhagen": "Aarhus",
    "Europe/Helsinki": "Espoo, Tampere",
    "Europe/Istanbul": "Ankara",
    "Europe/Lisbon": "Porto",
    "Europe/London": "Bristol, Cambridge, Cardiff, Edinburgh, England, Glasgow, Manchester, Oxford,"
    "Scotland, Wales",
    "Europe/Madrid": "Barcelona, Valencia",
    "Europe/Moscow": "St Petersburg",
    "Europe/Oslo": "Bergen, Trondheim",
    "Europe/Paris": "Grenoble, Lyon, Marseille, Toulouse",
    "Europe/Prague": "Brno",
    "Europe/Rome": "Bologna, Florence, Milan, Trento, Turin",
    "Europe/Stockholm": "Gothenburg, Linköping, Lund, Uppsala",
    "Europe/Vienna": "Graz, Linz, Wien",
    "Europe/Warsaw": "Kraków, Wrocław",
    "Europe/Zurich": "Basel, Bern, Geneva, Lausanne",
    "Pacific/Auckland": "Christchurch, Wellington",
}

_ABBREVIATIONS = {
    "EST EDT ET Eastern": "America/New_York",
    "CST": "America/Chicago Asia/Shanghai",
    "CDT Central": "America/Chicago",
    "MST": "America/Denver America/Phoenix",
    "MDT Mountain": "America/Denver",
    "PST PDT PT Pacific": "America/Los_Angeles",
    "AKST AKDT": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    "AST": "America/Halifax Asia/Riyadh",
    "BRT": "America/Sao_Paulo",
    "ART": "America/Argentina/Buenos_Aires",
    "BST": "Europe/London Asia/Dhaka",
    "IST": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "CEST": "CET",
    "EEST": "EET",
    "WEST": "WET",
    "MSK": "Europe/Moscow",
    "TRT": "Europe/Istanbul",
    "SAST": "Africa/Johannesburg",
    "EAT": "Africa/Nairobi",
    "WAT": "Africa/Lagos",
    "GST": "Asia/Dubai",
    "PKT": "Asia/Karachi",
    "ICT": "Asia/Bangkok",
    "WIB": "Asia/Jakarta",
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "AWST": "Australia/Perth",
    "ACST ACDT": "Australia/Adelaide",
    "AEST": "Australia/Sydney Australia/Brisbane",
    "AEDT": "Australia/Sydney",
    "NZST NZDT": "Pacific/Auckland",
}

_COUNTRIES = {
    "AE": "UAE",
    "CZ": "Czechia",
    "GB": "Britain, Great Britain, UK, United Kingdom",
    "KP": "North Korea",
    "KR": "Korea, South Korea",
    "MM": "Burma, Myanmar",
    "US": "America, US, USA",
    "WS": "Samoa",
}

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−])\s*(\d{1,2})(?::?([0-5]\d))?")
_SAID_BESIDE = re.compile(r"\b(?:standard |daylight |summer )?(?:time ?zone|time)$")
_LETTERS = str.maketrans("łøđı’-_.", "lodi'   ")


def meant(text: str) -> tuple[Place, ...]:
    """The places that a name may mean, best first: one where there is no doubt, none for no name.

    `Berlin`, `são paulo`, `Europe/Berlin`, `India`, `EST`, `Pacific time`, `Cambridge, UK`.
    """
    name = _folded(text)
    first, _, second = (part.strip() for part in name.partition(","))
    for wanted in (name, _SAID_BESIDE.sub("", name).strip(), first):
        if found := _places().get(wanted):
            there = {place.zone for place in _places().get(second, ())}
            return tuple(place for place in found if place.zone in there) or found
    return ()


def near(text: str, most: int) -> tuple[Place, ...]:
    """The places whose names are spelled most like `text`."""
    names = difflib.get_close_matches(_folded(text), _places(), n=most, cutoff=0.7)
    return _apart(place for name in names for place in _places()[name])[:most]


def beginning(text: str, most: int) -> tuple[Place, ...]:
    """The places with a name, or a word of one, that begins with `text`; those first that begin so
    themselves.
    """
    wanted = _folded(text)
    if not wanted:
        return tuple(Place(name=_city(zone), zone=zone) for zone in _known_zones())[:most]
    found = [name for name in _places() if name.startswith(wanted) and "/" not in name]
    found += [name for name in _places() if f" {wanted}" in name or f"/{wanted}" in name]
    return tuple(dict.fromkeys(place for name in found for place in _places()[name]))[:most]


def offset(text: str) -> timedelta | None:
    """What is ahead of UTC where `text` says an offset, as `+02:00` or `UTC-5`; else None."""
    found = _OFFSET.fullmatch(_plain(text))
    if found is None:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return ahead if found[1] == "+" else -ahead


def at_offset(ahead: timedelta, now: datetime, most: int) -> tuple[Place, ...]:
    """Well-known places that are so far ahead of UTC now."""
    known = [Place(name=_city(zone), zone=zone) for zone in _known_zones()]
    return tuple(one for one in known if now.astimezone(ZoneInfo(one.zone)).utcoffset() == ahead)[
        :most
    ]


@cache
def every() -> frozenset[str]:
    """All of IANA's names that this machine knows."""
    return frozenset(available_timezones())


@cache
def _places() -> dict[str, tuple[Place, ...]]:
    """By each name that is understood, folded."""
    table = _table()
    canonical = [zone for zones in table.values() for zone in zones]
    found: dict[str, tuple[Place, ...]] = {}
    for words, zones in _ABBREVIATIONS.items():
        for word in words.split():
            found[_folded(word)] = _named(word, zones.split())
    for zone in canonical:
        found.setdefault(_folded(_city(zone)), (Place(name=_city(zone), zone=zone),))
    for zone, names in _CITIES.items():
        for name in names.split(","):
            place = Place(name=name.strip(), zone=zone)
            found[_folded(name)] = (*found.get(_folded(name), ()), place)
    for called, there in _countries(table):
        for name in called:
            found.setdefault(_folded(name), _named(name, there))
    for zone in sorted(every(), key=lambda zone: (zone.count("/"), zone)):
        itself = (Place(name=_city(zone), zone=zone),)
        found.setdefault(_folded(zone), itself)
        if not re.search(r"GMT[+-]", zone):  # Etc/GMT+2 is what everybody else calls UTC-2
            found.setdefault(_folded(_city(zone)), itself)
    return found


def _countries(table: dict[str, list[str]]) -> list[tuple[list[str], list[str]]]:
    """`(names, zones)` of each country; the zones that are known best first."""
    listed = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8")
    rows = [line.split("\t") for line in listed.splitlines() if not line.startswith("#")]
    known = set(_known_zones())
    return [
        (
            [name, *_COUNTRIES[code].split(",")] if code in _COUNTRIES else [name],
            sorted(table[code], key=lambda zone: zone not in known),
        )
        for code, name in rows
        if code in table
    ]


def _table() -> dict[str, list[str]]:
    """The zones of each country, by its code; where most people live first."""
    listed = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for line in listed.splitlines():
        code, *rest = line.split("\t")
        if not line.startswith("#") and rest[1] in every():
            found.setdefault(code, []).append(rest[1])
    return found


def _named(name: str, zones: list[str]) -> tuple[Place, ...]:
    """One place of this name, or the cities of several zones."""
    apart = _apart(Place(name=_city(zone), zone=zone) for zone in zones)
    if len(apart) == 1:
        return (Place(name=name.strip(), zone=apart[0].zone),)
    return apart


def _apart(places: Iterable[Place]) -> tuple[Place, ...]:
    """The first of those whose clocks always agree."""
    found: dict[tuple[timedelta | None, ...], Place] = {}
    for place in places:
        found.setdefault(_clock(place.zone), place)
    return tuple(found.values())


@cache
def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """How far it is ahead of UTC through a year to come: the rules as they stand now."""
    days = [datetime(2035, month, day, tzinfo=UTC) for month in range(1, 13) for day in (1, 15)]
    return tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days)


@cache
def _known_zones() -> tuple[str, ...]:
    zones = [zone for zones in _ABBREVIATIONS.values() for zone in zones.split() if "/" in zone]
    return tuple(dict.fromkeys([*_CITIES, *zones]))


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _plain(text: str) -> str:
    return " ".join(text[:LONGEST].split()).casefold()


def _folded(text: str) -> str:
    """Without accents, capitals, and what joins words."""
    bare = unicodedata.normalize("NFKD", _plain(text))
    kept = "".join(sign for sign in bare if not unicodedata.combining(sign)).translate(_LETTERS)
    return re.sub(r"\s*/\s*", "/", " ".join(kept.split()))
