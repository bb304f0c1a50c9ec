"""Who holds what: one lock for each folder of runs, one mark for the life of each run.

They lie in the hidden folder ``.workbench`` beside the folders of runs (`workbench.reports.commit`). The
system frees a lock when the process that holds it dies.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HIDDEN = ".workbench"
LOCKS, WORK, RUNS = "locks", "work", "runs"
STOP, PART = ".stop", ".part"


def hidden(folder: Path, part: str) -> Path:
    """A part of the hidden folder beside ``folder``, refused where it is a link to somewhere else."""
    place = folder.parent / HIDDEN
    for one in (place, place / part):
        if one.is_symlink():
            raise _a_link(one)
    return place / part


def _a_link(path: Path) -> OSError:
    return OSError(errno.ELOOP, "this is a link and nothing is written through it: remove it", str(path))


def take(path: Path) -> int | None:
    """Lock a file, made where it is missing; its descriptor, or None where another holds it."""
    while True:
        make_folder(path.parent)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:  # whoever was here last has just tidied up
            continue
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _a_link(path) from None
            raise
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, lock):
                return lock
        except BlockingIOError:
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # the holder before took it away with it


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file is still the one of this name."""
    mine = os.fstat(descriptor)
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)


def make_folder(place: Path) -> None:
    """Make a folder within the hidden one, however often another run tidies its parents away meanwhile."""
    while True:
        try:
            place.mkdir(parents=True, exist_ok=True)
            return
        except (FileNotFoundError, FileExistsError):
            if any(os.path.lexists(one) and not one.is_dir() for one in (place, *place.parents)):
                raise


def give_back(path: Path, lock: int) -> None:
    path.unlink(missing_ok=True)
    os.close(lock)
    tidy(path.parent.parent)


def tidy(hidden: Path) -> None:
    """Remove the hidden folder as far as it is empty."""
    for place in (hidden / LOCKS, hidden / WORK, hidden / RUNS, hidden):
        with contextlib.suppress(OSError):
            place.rmdir()


@contextlib.contextmanager
def held(folder: Path, waiting: Callable[[], bool] = lambda: True, run: str = "") -> Iterator[bool]:
    """Hold a folder against other runs; gives False where ``waiting`` said to wait no longer."""
    path = hidden(folder, LOCKS) / folder.name
    while (lock := take(path)) is None:
        if not waiting():
            yield False
            return
        time.sleep(0.1)
    try:
        who = json.dumps({"run": run, "process": os.getpid(), "host": socket.gethostname()})
        with contextlib.suppress(OSError):  # a courtesy: on a full disk the lock holds without it
            os.truncate(lock, 0)
            os.pwrite(lock, who.encode(), 0)
        yield True
    finally:
        give_back(path, lock)


def holder(folder: Path) -> dict[str, Any]:
    """Who holds a folder, as they wrote it down: run, process and host; empty where nobody does."""
    try:
        found = json.loads((folder.parent / HIDDEN / LOCKS / folder.name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# Lives of runs


@contextlib.contextmanager
def alive(mark: Path) -> Iterator[None]:
    """Hold a run's mark for as long as it lives."""
    lock = take(mark)
    if lock is None:
        raise OSError(errno.EBUSY, "another run holds this mark", str(mark))
    try:
        part_file(mark).touch()
        yield
    finally:
        stop_file(mark).unlink(missing_ok=True)
        clear_part(part_file(mark))
        give_back(mark, lock)


def clear_part(path: Path) -> None:
    """Remove the file that a run's workers hold, unless one of them does."""
    if (lock := take(path)) is not None:
        give_back(path, lock)


@contextlib.contextmanager
def takes_part(mark: Path) -> Iterator[bool]:
    """Take part in the run of this mark; gives False where it is over."""
    path = part_file(mark)
    try:
        lock = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield _is_at(path, lock)
    finally:
        os.close(lock)


def stop_file(mark: Path) -> Path:
    """The file that asks a run's workers to end."""
    return mark.with_name(mark.name + STOP)


def part_file(mark: Path) -> Path:
    """The file that a run's workers hold."""
    return mark.with_name(mark.name + PART)


def is_over(mark: Path) -> bool:
    """Whether the run of this mark has ended, however it did."""
    try:
        lock = os.open(mark, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
