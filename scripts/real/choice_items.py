"""Multiple-choice items of the project's own making: sums and plain facts, with their labels. Same seed, same bytes."""
import json
import random

CAPITALS = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin", "Japan": "Tokyo",
            "Egypt": "Cairo", "Canada": "Ottawa", "Greece": "Athens", "Poland": "Warsaw", "Austria": "Vienna",
            "Portugal": "Lisbon", "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Ireland": "Dublin",
            "Hungary": "Budapest", "Kenya": "Nairobi", "Peru": "Lima", "Cuba": "Havana", "Thailand": "Bangkok"}
# Of two letters: an option of one letter would be called by it, not by that of its place.
ELEMENTS = {"gold": "Au", "silver": "Ag", "iron": "Fe", "sodium": "Na", "helium": "He", "copper": "Cu",
            "calcium": "Ca", "lead": "Pb", "zinc": "Zn", "tin": "Sn", "magnesium": "Mg", "chlorine": "Cl"}
OPPOSITES = {"hot": "cold", "tall": "short", "early": "late", "empty": "full", "heavy": "light", "open": "closed",
             "loud": "quiet", "rich": "poor", "sweet": "bitter", "wet": "dry", "young": "old", "deep": "shallow"}
YOUNG = {"dog": "puppy", "cat": "kitten", "cow": "calf", "horse": "foal", "sheep": "lamb", "bear": "cub",
         "hen": "chick", "duck": "duckling", "goat": "kid", "swan": "cygnet"}
KINDS = {"salmon": "fish", "eagle": "bird", "frog": "amphibian", "ant": "insect", "whale": "mammal", "shark": "fish",
         "penguin": "bird", "bee": "insect", "bat": "mammal", "sparrow": "bird", "beetle": "insect",
         "toad": "amphibian", "dolphin": "mammal", "trout": "fish"}
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
TOOLS = {"cut paper": "scissors", "drive in a nail": "hammer", "tell the time": "clock", "measure how hot it is":
         "thermometer", "look at the stars": "telescope", "sweep a floor": "broom", "boil water": "kettle",
         "open a tin": "tin opener", "weigh flour": "scales", "find north": "compass"}


def item(rng, dataset, name, question, right, wrong):
    options = [right, *wrong]
    rng.shuffle(options)
    return {"id": name, "dataset": dataset, "question": question, "options": options, "label": right}


def others(rng, right, pool):
    return rng.sample(sorted(set(pool) - {right}), 3)


def near(rng, right):
    """Three wrong numbers that a slip could give."""
    wrong = sorted({n for n in (right - 10, right - 2, right - 1, right + 1, right + 2, right + 10) if n >= 0})
    return [str(n) for n in rng.sample(wrong, 3)]


def sums(rng):
    for k in range(1, 21):
        a, b = rng.randint(2, 40), rng.randint(2, 40)
        yield item(rng, "sums", f"plus-{k}", f"What is {a} plus {b}?", str(a + b), near(rng, a + b))
    for k in range(1, 16):
        a, b = rng.randint(20, 60), rng.randint(2, 19)
        yield item(rng, "sums", f"minus-{k}", f"What is {a} minus {b}?", str(a - b), near(rng, a - b))
    for k in range(1, 21):
        a, b = rng.randint(2, 12), rng.randint(2, 12)
        yield item(rng, "sums", f"times-{k}", f"What is {a} times {b}?", str(a * b), near(rng, a * b))
    for k in range(1, 11):
        a, b = rng.randint(2, 9), rng.randint(3, 12)
        yield item(rng, "sums", f"share-{k}", f"{a * b} sweets are shared equally by {a} children. How many sweets does "
                   "each child get?", str(b), near(rng, b))


def table(rng, name, words, pairs):
    for key, right in pairs.items():
        yield item(rng, "facts", f"{name}-{key.replace(' ', '-')}", words.format(key), right,
                   others(rng, right, pairs.values()))


def facts(rng):
    yield from table(rng, "capital", "Which city is the capital of {}?", CAPITALS)
    yield from table(rng, "symbol", "Which is the chemical symbol of {}?", ELEMENTS)
    yield from table(rng, "opposite", "Which word is the opposite of \"{}\"?", OPPOSITES)
    yield from table(rng, "young", "What is the young of a {} called?", YOUNG)
    yield from table(rng, "kind", "What kind of animal is a {}?", KINDS)
    yield from table(rng, "tool", "What do people use to {}?", TOOLS)
    for names, what in ((MONTHS, "month"), (DAYS, "day")):
        for i, name in enumerate(names):
            right = names[(i + 1) % len(names)]
            yield item(rng, "facts", f"after-{name.lower()}", f"Which {what} comes directly after {name}?", right,
                       others(rng, right, set(names) - {name}))


def write(path, seed=1):
    """Returns how many there are."""
    rng = random.Random(seed)
    items = [*sums(rng), *facts(rng)]
    path.write_text("".join(json.dumps(one) + "\n" for one in items))
    return len(items)
