"""Singular and plural are one word: `fold()` maps both to one normal form.

Only the plural is folded. A stemmer would also make one word of "university" and "universe", or of
"news" and "new", and an alert that does that cannot be trusted. The normal form need not be a
word; it only has to be the same for both numbers and different for different words.
"""

_IRREGULAR = {
    plural: singular
    for singular, plurals in {
        "analysis": "analyses",
        "appendix": "appendices",
        "automaton": "automata",
        "axis": "axes",
        "cache": "caches",
        "calorie": "calories",
        "child": "children",
        "cookie": "cookies",
        "corpus": "corpora",
        "crisis": "crises",
        "criterion": "criteria",
        "echo": "echoes",
        "ellipsis": "ellipses",
        "focus": "foci",
        "formula": "formulae",
        "half": "halves",
        "headache": "headaches",
        "helix": "helices",
        "hero": "heroes",
        "hypothesis": "hypotheses",
        "index": "indices",
        "knife": "knives",
        "leaf": "leaves",
        "loaf": "loaves",
        "locus": "loci",
        "man": "men",
        "matrix": "matrices",
        "maximum": "maxima",
        "minimum": "minima",
        "mouse": "mice",
        "movie": "movies",
        "niche": "niches",
        "nucleus": "nuclei",
        "optimum": "optima",
        "parenthesis": "parentheses",
        "phenomenon": "phenomena",
        "potato": "potatoes",
        "quiz": "quizzes",
        "radius": "radii",
        "schema": "schemata",
        "selfie": "selfies",
        "shelf": "shelves",
        "simplex": "simplices",
        "spectrum": "spectra",
        "stimulus": "stimuli",
        "synthesis": "syntheses",
        "thesis": "theses",
        "tomato": "tomatoes",
        "vertex": "vertices",
        "vortex": "vortices",
        "wolf": "wolves",
        "woman": "women",
        "zombie": "zombies",
        # Acronyms of two letters: a three-letter word that ends in "s" is otherwise left alone.
        "ad": "ads",
        "db": "dbs",
        "id": "ids",
        "kg": "kgs",
        "lm": "lms",
        "op": "ops",
    }.items()
    for plural in plurals.split()
}

_PLURALS: dict[str, list[str]] = {}
for _plural, _singular in _IRREGULAR.items():
    _PLURALS.setdefault(_singular, []).append(_plural)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SINGULAR = _words(
    "always chaos christmas cosmos ethos kubernetes lens mars news pathos perhaps series "
    "species whereas alias atlas bias canvas pancreas texas kansas vegas overseas "
    "plus thus opus onus anus zeus this axis iris"
)
"""Words that end in a single "s" and are no plural."""

_SIBILANT_SINGULAR = _words(
    "alias atlas bias bonus bus campus canvas census chorus consensus corpus focus gas lens "
    "status surplus virus"
)
"""Words that end in "s" and take "es": their plurals would otherwise lose one letter only."""

_PLURAL_IN_ICS = _words(
    "basics characteristics clinics comics critics demographics diagnostics epics fabrics "
    "generics heuristics logics lyrics metrics mosaics relics rubrics statistics topics"
)
"""Other words in "-ics" name a field (physics, robotics) and are left alone."""


def fold(word: str) -> str:
    """The normal form of a lower-case word without accents, the same for singular and plural."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _SINGULAR:
        return word
    if word.endswith("es") and word[:-2] in _SIBILANT_SINGULAR:
        return word[:-2]
    if word.endswith(("us", "is")) and len(word) > 4:  # "gpus" and "apis" are plurals
        return word
    if word.endswith("ics"):
        return word[:-1] if word in _PLURAL_IN_ICS else word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("ss") or not word[-2].isalpha():
        return word
    return word[:-1]


def spellings(folded: str) -> tuple[str, ...]:
    """Every word whose normal form this is; none where it is no normal form."""
    candidates = [folded, f"{folded}s", *_PLURALS.get(folded, ())]
    if folded.endswith(("ss", "x", "ch", "sh")) or folded in _SIBILANT_SINGULAR:
        candidates.append(f"{folded}es")
    if folded.endswith("y"):
        candidates.append(f"{folded[:-1]}ies")
    return tuple(one for one in candidates if fold(one) == folded)
