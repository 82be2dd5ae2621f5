"""Medians, spreads and ratios of what was measured in several rounds, as text."""

from statistics import median


class Column:
    """One figure of a table: its key in a sample, its heading, how it is printed."""

    def __init__(self, key, heading, digits=1, ratio=False):
        self.key = key
        self.heading = heading
        self.digits = digits
        self.ratio = ratio


class Samples:
    """Figures by target and round: `rounds[target][i]` is the sample of round i, a dict of numbers or None."""

    def __init__(self):
        self.rounds = {}

    def add(self, target, sample):
        self.rounds.setdefault(target, []).append(sample)

    def values(self, target, key):
        return [sample[key] for sample in self.rounds[target] if sample.get(key) is not None]

    def median(self, target, key):
        values = self.values(target, key)
        return median(values) if values else None

    def spread(self, target, key):
        """Returns (max - min) / median, 0 when all rounds agree."""
        values = self.values(target, key)
        middle = median(values) if values else 0
        return (max(values) - min(values)) / middle if middle else 0.0

    def ratio(self, target, base, key):
        """Returns the median over the rounds of target / base: neighbours in time share the machine's mood."""
        pairs = zip(self.values(target, key), self.values(base, key))
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return median(ratios) if ratios else None

    def sums(self, key):
        return sum(sum(self.values(target, key)) for target in self.rounds)


def comparison(samples, columns, base=None):
    """Returns a Markdown table: one line a target; columns marked as ratio also show it to `base`, and the spread."""
    headings = ["target"]
    for column in columns:
        headings.append(column.heading)
        if column.ratio and base:
            headings += [f"ratio to {base}", "spread"]
    rows = []
    for target in samples.rounds:
        row = [target]
        for column in columns:
            row.append(number(samples.median(target, column.key), column.digits))
            if column.ratio and base:
                row.append(number(samples.ratio(target, base, column.key), 2))
                row.append(f"{100 * samples.spread(target, column.key):.0f} %")
        rows.append(row)
    return markdown(headings, rows)


def number(value, digits=1):
    return "-" if value is None else f"{value:,.{digits}f}"


def markdown(headings, rows):
    """Returns a Markdown table with its columns aligned; the first is text, the others are numbers."""
    widths = [max(len(str(row[i])) for row in [headings, *rows]) for i in range(len(headings))]

    def line(cells):
        padded = [str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([line(headings), rule, *map(line, rows)])


def goal(what, value, limit, unit="", at_least=False, digits=2):
    """Returns one line that compares a figure with its goal, and says so when it misses it."""
    if value is None:
        return {"what": what, "value": None, "goal": limit, "met": None, "text": f"{what}: not measured"}
    met = value >= limit if at_least else value <= limit
    sign = ">=" if at_least else "<="
    verdict = "met" if met else "BELOW GOAL"
    text = f"{what}: {value:,.{digits}f}{unit} (goal: {sign} {limit:g}{unit}): {verdict}"
    return {"what": what, "value": value, "goal": limit, "met": met, "text": text}
