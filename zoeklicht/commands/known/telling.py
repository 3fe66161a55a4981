"""What a change of the known set came to, in a line or two. Counts and ids only."""

from matchers.known import Changed, ImportReport
from zoeklicht.tables import counted


def told_import(report: ImportReport) -> str:
    """What an import did, or would do."""
    done = (
        f"{report.added:,} added, {report.changed:,} changed, {report.retracted:,} taken back,"
        f" {report.already_there:,} there already, {report.unreadable:,} could not be read"
    )
    lines = [f"list {report.list}: {done}."]
    lines += [f"  {count:,} left out: {reason}" for reason, count in sorted(report.left_out.items())]
    if report.proposal is not None:
        lines[0] = f"list {report.list}: this would be {done}."
        lines.append(f"Nothing is imported yet: {report.why}")
        lines += _second(report.proposal)
    else:
        lines.append(f"The known set is at version {report.version}.")
    if report.unreadable:
        lines.append("Which rows, and why: zoeklicht known quarantine")
    return "\n".join(lines)


def told_change(list_name: str, done: Changed) -> str:
    """What switching off, on or taking back did, or would do."""
    if done.proposal is not None:
        return "\n".join([f"list {list_name}: nothing is changed yet: {done.why}", *_second(done.proposal)])
    changed = counted(done.entries, "hash", "hashes") if done.entries else "no hash"
    return f"{list_name}: {changed} changed. The known set is at version {done.version}."


def _second(proposal: int) -> list[str]:
    return [
        f"A second person reads: zoeklicht known proposal {proposal}",
        f"and then runs: zoeklicht known approve {proposal}",
    ]
