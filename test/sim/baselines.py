"""What others warn by, over the same records: fixed numbers, each as its program or its manual has it.

Each is asked about every mail that a login sends, and about every bounce to it, and answers whether it would warn.
"""

import collections
import datetime
import functools

HOUR, DAY = 3600, 86400


class Window:
    """Counts of the last `seconds`, for each login."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.rows = collections.defaultdict(collections.deque)
        self.sums = collections.Counter()

    def add(self, user, now, count):
        rows = self.rows[user]
        rows.append((now, count))
        self.sums[user] += count
        while rows[0][0] <= now - self.seconds:
            self.sums[user] -= rows.popleft()[1]
        return self.sums[user]


class Distinct:
    """How many different things were seen in the last `seconds`, for each login."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.seen = collections.defaultdict(collections.OrderedDict)

    def add(self, user, now, thing):
        seen = self.seen[user]
        seen[thing] = now
        seen.move_to_end(thing)
        while next(iter(seen.values())) <= now - self.seconds:
            seen.popitem(last=False)
        return len(seen)


class FixedRate:
    name = "500 recipients an hour"

    def __init__(self, _countries):
        self.window = Window(HOUR)

    def mail(self, mail):
        return self.window.add(mail.user, mail.at, len(mail.recipients)) > 500

    def bounce(self, _user, _at, _count):
        return False


class NewRecipients(FixedRate):
    name = "200 new recipients a day (mox)"

    def __init__(self, _countries):
        self.window = Window(DAY)
        self.known = collections.defaultdict(set)

    def mail(self, mail):
        known = self.known[mail.user]
        new = {hash(address) for address in mail.recipients} - known
        known |= new
        return self.window.add(mail.user, mail.at, len(new)) > 200


class Failures(FixedRate):
    name = "100 failures an hour (BlockCracking)"

    def mail(self, mail):
        return mail.refused > 0 and self.window.add(mail.user, mail.at, mail.refused) >= 100

    def bounce(self, user, at, count):
        return self.window.add(user, at, count) >= 100


class Networks(FixedRate):
    name = "20 addresses or 5 countries a day (postfwd)"

    def __init__(self, countries):
        self.countries = countries
        self.addresses, self.places = Distinct(DAY), Distinct(DAY)

    def mail(self, mail):
        addresses = self.addresses.add(mail.user, mail.at, mail.client)
        return self.places.add(mail.user, mail.at, self.countries.of(mail.client)) > 5 or addresses > 20


class OwnMean(FixedRate):
    """A week must be known, and a day with fewer than twenty recipients never counts."""

    name = "five times the own daily mean"

    def __init__(self, _countries):
        self.first, self.before = {}, collections.Counter()
        self.today, self.day = collections.Counter(), {}

    def mail(self, mail):
        user, day = mail.user, int(mail.at // DAY)
        self.first.setdefault(user, day)
        if self.day.get(user) != day:
            self.before[user] += self.today.pop(user, 0)
            self.day[user] = day
        self.today[user] += len(mail.recipients)
        days = day - self.first[user]
        return days >= 7 and self.today[user] >= 20 and self.today[user] > 5 * self.before[user] / days


BASELINES = [FixedRate, NewRecipients, Failures, Networks, OwnMean]


class Countries:
    """The country of an address, by the file that the generator wrote; without one, everything is one country."""

    def __init__(self, path=None):
        self.by_prefix = {}
        if path is not None:
            with open(path, encoding="utf-8") as rows:
                for row in rows:
                    prefix, country = row.rstrip("\n").split(",")
                    self.by_prefix[self.key(prefix.split("/")[0])] = country

    @staticmethod
    def key(address):
        parts = address.split(":" if ":" in address else ".")
        return parts[0], parts[1]

    def of(self, address):
        return self.by_prefix.get(self.key(address), "?") if "." in address or ":" in address else "?"


@functools.lru_cache(maxsize=4096)
def minute(text):
    return datetime.datetime.fromisoformat(text + ":00+00:00").timestamp()


def seconds(text):
    """A time of the record, in UTC, as seconds since 1970."""
    return minute(text[:16]) + float(text[17:-1])
