"""Why a table got fewer rows than were wanted: what refused most, or the key that has no value left."""

from ttdb.seed.generic.fill import Filling
from ttdb.seed.generic.keys import telling


def shortage(filling: Filling) -> str:
    """Say why a table got fewer rows than were wanted."""
    if filling.rows.limits:
        return "; ".join(filling.rows.limits.values())
    if filling.refused:
        rule = filling.refused.most_common(1)[0][0]
        return _counted_out(filling, rule) or rule
    return "keys leave no more"


def _counted_out(filling: Filling, rule: str) -> str | None:
    """Say which key takes no more where a rule refuses what the counter of one of its columns has come to."""
    layout = filling.rows.layout
    counters = {(name,) for name in (*layout.fresh, *layout.counted)}
    columns = next((each.columns for each in layout.rules if each.name == rule and each.columns in counters), ())
    keys = [key.name for key in telling(filling.rows.plan.table) if set(columns) & set(key.columns)]
    return f"{keys[0]}: every value that {rule} takes is taken" if keys and filling.written else None
