"""The tables, as Markdown."""

from evaluation import NEVER, quantile, wilson_bounds

STYLES = ["blast", "botnet", "low and slow", "one country", "by hand", "reply chain", "inside", "dormant, sold"]
QUIET = ["quiet", "quiet, own computer"]


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def number(value):
    if value == NEVER:
        return "never"
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def percent(good, count):
    return f"{100 * good / count:.1f} %" if count else "–"


def share(good, count):
    low, high = wilson_bounds(good, count)
    return f"{percent(good, count)} ({100 * low:.1f}–{100 * high:.1f})" if count else "–"


def rate(score, kind=None):
    value, low, high = score.false_rate(kind)
    return f"{value:.2f} ({low:.2f}–{high:.2f})" if value != NEVER else "–"


def pair(outs, field):
    values = [getattr(out, field) for out in outs]
    return f"{number(quantile(values, 0.5))} / {number(quantile(values, 0.95))}"


def by_style(scores):
    rows = []
    for style in STYLES:
        outs = {step: scores[step].outs[style] for step in ("note", "warn", "hold")}
        row = [style, str(len(outs["warn"]))]
        for step in ("note", "warn", "hold"):
            row += [pair(outs[step], "mails"), pair(outs[step], "internal" if style == "inside" else "external")]
        row += [pair(outs["warn"], "minutes"), share(*scores["warn"].in_time(style))]
        rows.append(row)
    good = [scores["warn"].in_time(style) for style in STYLES]
    rows.append(["**all**", str(sum(count for _, count in good))] + [""] * 7 +
                [share(sum(one for one, _ in good), sum(count for _, count in good))])
    return table(["style", "thefts", "mails out before note", "recipients", "before warn", "recipients", "before hold",
                  "recipients", "minutes to warn", "warned in time"], rows)


def by_kind(scores):
    warn, lock = scores["warn"], scores["lock"]
    rows = [[kind, f"{months:.0f}", rate(warn, kind), rate(scores["hold"], kind), rate(lock, kind)]
            for kind, months in sorted(warn.months.items())]
    rows.append(["**all**", f"{warn.months.total():.0f}", rate(warn), rate(scores["hold"]), rate(lock)])
    return table(["kind of account", "account-months", "false warnings", "false holds", "false locks"], rows)


def precision(scores):
    """Of those named, how many are stolen, when 3 or 30 in 10,000 are in a month: each style as often as the others."""
    rows = []
    for step in ("warn", "hold", "lock"):
        score = scores[step]
        shares = [sum(out.mails != NEVER for out in score.outs[style]) / max(1, len(score.outs[style])) for style in STYLES]
        caught = sum(shares) / len(shares)
        row = [step, f"{100 * caught:.1f} %"]
        for thefts in (3, 30):
            right, wrong = thefts * caught, score.false_rate()[0] * 10
            row.append(f"{100 * right / (right + wrong):.0f} %" if right + wrong > 0 else "–")
        rows.append(row)
    return table(["step", "thefts that reach it", "right at 3 thefts per 10,000", "right at 30"], rows)


def compared(scores):
    """Ours and the others side by side: the share warned of in time, by style, and the false warnings."""
    rows = []
    for name, score in scores.items():
        good = [score.in_time(style) for style in STYLES]
        rows.append([name] + [percent(*one) for one in good] +
                    [percent(sum(a for a, _ in good), sum(b for _, b in good)), rate(score)])
    return table(["warning"] + STYLES + ["all", "false warnings"], rows)


def adversary(scores):
    """The most that a thief who knows the rules may send in a day for a week, and half of his kind get away with."""
    rows, days = [], sorted({day for _, day in scores["warn"].quiet})
    for style in QUIET:
        for step in ("warn", "hold"):
            row, unnoticed, is_over = [style, step], 0, False
            for day in days:
                outs = scores[step].quiet.get((style, day), [])
                noticed = sum(out.mails != NEVER for out in outs)
                row.append(percent(noticed, len(outs)))
                is_over = is_over or noticed * 2 >= len(outs)
                unnoticed = unnoticed if is_over else day
            rows.append(row + [f"{unnoticed} a day"])
    return table(["adversary", "step"] + [f"{day} a day" for day in days] + ["half get away with"], rows)
