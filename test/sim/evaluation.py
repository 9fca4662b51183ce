"""Alarms against the truth: what was out by then, and whom they were wrong about."""

import bisect
import collections
import json
import math

from baselines import DAY, seconds

MONTH = 30 * DAY
STEPS = ["note", "warn", "slow", "hold", "lock"]
NEVER = math.inf


class Theft:
    def __init__(self, row):
        self.user, self.style, self.a_day = row["user"], row["style"], row["a_day"]
        self.begins = seconds(row["begins"])
        self.times, self.external, self.internal = [], [], []

    def add(self, row):
        self.times.append(seconds(row["time"]))
        self.external.append(row["external"] + (self.external[-1] if self.external else 0))
        self.internal.append(row["internal"] + (self.internal[-1] if self.internal else 0))

    def out_at(self, at):
        """What went out before an alarm: the mail that gave it is judged before the MTA gets its answer."""
        if at is None or not self.times:
            return Out(NEVER, NEVER, NEVER, NEVER)
        count = bisect.bisect_left(self.times, at)
        minutes = max(0.0, (at - self.times[0]) / 60)
        if count == 0:
            return Out(0, 0, 0, 0.0)
        return Out(count, self.external[count - 1], self.internal[count - 1], minutes)


Out = collections.namedtuple("Out", "mails external internal minutes")


class Truth:
    """Who there is, from when on, and who was stolen; of one's own traffic nothing but the names is known."""

    def __init__(self):
        self.kinds, self.traits, self.begins, self.thefts = {}, {}, {}, {}
        self.stolen = {}

    @classmethod
    def read(cls, path):
        truth = cls()
        with open(path, encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                if row["type"] == "account":
                    truth.kinds[row["user"]] = row["kind"]
                    truth.traits[row["user"]] = row["traits"]
                    truth.begins[row["user"]] = seconds(row["from"])
                elif row["type"] == "theft":
                    theft = Theft(row)
                    truth.thefts[row["theft"]] = theft
                    truth.stolen[theft.user] = theft
                else:
                    truth.thefts[row["theft"]].add(row)
        return truth

    def months(self, end):
        """Honest account-months by kind: until the theft, of those that were stolen."""
        months = collections.Counter()
        for user, begins in self.begins.items():
            until = self.stolen[user].begins if user in self.stolen else end
            months[self.kinds[user]] += max(0, until - begins) / MONTH
        return months


class Alarms:
    """When somebody would have been warned, by login."""

    def __init__(self, times=()):
        self.times = collections.defaultdict(list, times)

    def add(self, user, at):
        self.times[user].append(at)

    def first_from(self, user, at):
        times = self.times.get(user, [])
        index = bisect.bisect_left(times, at)
        return times[index] if index < len(times) else None

    def wrong(self, truth):
        """Logins and times of false alarms: one that follows within a day of the last is the same one."""
        for user, times in self.times.items():
            last = -math.inf
            until = truth.stolen[user].begins if user in truth.stolen else math.inf
            for at in times:
                if at < until and at - last > DAY:
                    yield user, at
                last = at


class Score:
    """What one way to warn achieved, in all worlds that were added."""

    def __init__(self):
        self.outs = collections.defaultdict(list)   # by style: an Out for each theft
        self.quiet = collections.defaultdict(list)  # by style and recipients a day: warned or not
        self.false = collections.Counter()          # by kind
        self.months = collections.Counter()

    def add(self, truth, alarms, end):
        self.months.update(truth.months(end))
        for user, _ in alarms.wrong(truth):
            self.false[truth.kinds.get(user, "unknown")] += 1
        for theft in truth.thefts.values():
            if not theft.times:
                continue
            out = theft.out_at(alarms.first_from(theft.user, theft.begins))
            if theft.a_day:
                self.quiet[theft.style, theft.a_day].append(out)
            else:
                self.outs[theft.style].append(out)

    def in_time(self, style):
        """How many thefts of a style were noticed before 100 external recipients had mail, or 20 of the house."""
        outs = self.outs[style]
        good = sum(out.external < 100 and out.internal < 20 for out in outs)
        return good, len(outs)

    def false_rate(self, kind=None):
        """False alarms per 1,000 account-months, with the bounds of 95 %."""
        months = self.months[kind] if kind else self.months.total()
        count = self.false[kind] if kind else self.false.total()
        low, high = poisson_bounds(count)
        scale = 1000 / months if months else NEVER
        return count * scale, low * scale, high * scale


# ---- statistics ---------------------------------------------------------------------------------------------


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)] if ordered else NEVER


def wilson_bounds(good, count):
    """The interval of Wilson, 95 %, of a share."""
    if count == 0:
        return 0.0, 1.0
    z, share = 1.96, good / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)


def poisson_below(count, mean):
    """The probability of at most `count`."""
    term = total = math.exp(-mean)
    for i in range(1, count + 1):
        term *= mean / i
        total += term
    return total


def solve(function, wanted, low, high):
    """Where a falling function has that value."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > wanted else (low, middle)
    return low


def poisson_bounds(count):
    """The exact interval, 95 %, of a mean of which `count` was seen; beyond 300 the normal one."""
    if count > 300:
        return count - 1.96 * math.sqrt(count), count + 1.96 * math.sqrt(count)
    high = solve(lambda mean: poisson_below(count, mean), 0.025, 0, 3 * count + 20)
    low = 0.0 if count == 0 else solve(lambda mean: poisson_below(count - 1, mean), 0.975, 0, count)
    return low, high
