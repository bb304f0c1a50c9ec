"""A run's folder changes hands in one step, whatever happens to whoever changes it.

Beside the folders of runs lies a hidden one, ``.workbench``, that is gone when nobody is at work:

* ``locks/NAME`` is held by who works on the folder ``NAME``; the system frees it when a process dies;
* ``work/NAME/`` is where what belongs into that folder is made; only who holds the lock touches it;
* ``runs/ID`` is held by a run for as long as it lives, so that workers anywhere can see that it is over;
  beside it lies ``runs/ID.part``, held by each of its workers for as long as that one is at work: what a dead
  run left is cleared away when the last has gone, and who comes later finds no such file and does nothing.

What is made is swapped with what stands by one call of the system (``renameat2`` with ``RENAME_EXCHANGE``),
and ``run.json`` in it holds the hash of every file beside it. Where a file system cannot swap (NFS), two
renames take the place of the call; a kill between them leaves no folder, and the next run puts the old one
back.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.reports import locks

NEW, OLD = "new", "old"  # in a work folder: what is to stand, and what stood where a swap takes two renames
RECORD = "run.json"
# What a run writes at the top of its folder; anything else there is the user's and stays.
OURS = frozenset(
    {RECORD, "report.html", "notebook.ipynb", "tables", ".thumbnail", "failed.ipynb", "failed.html"}
    | {".lock", ".work"}  # of the first version
)
_EXCHANGE = 2
_HERE = -100  # AT_FDCWD
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOTSUP, errno.EPERM}


def work_folder(folder: Path) -> Path:
    """Where the next contents of a folder are made."""
    return locks.hidden(folder, locks.WORK) / folder.name


def file_hash(path: Path) -> str:
    """SHA-256 of a file; a pipe or a device, which may have no end, is none."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file of a run in a folder, except its record, by its place there."""
    return {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / RECORD
    }


def changed(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Files that are missing, or are not what their run wrote."""
    wrong = []
    for name, stated in files.items():
        try:
            same = file_hash(folder / name) == stated
        except (OSError, ValueError):
            same = False
        if not same:
            wrong.append(name)
    return wrong


def sweep(parent: Path) -> bool:
    """Clear away what dead runs left beside the folders in ``parent``; whether nothing is left there."""
    hidden = parent / locks.HIDDEN
    if not hidden.is_dir() or hidden.is_symlink():
        return True
    for mark in _names(hidden / locks.RUNS):
        if not mark.endswith((locks.STOP, locks.PART)) and locks.is_over(hidden / locks.RUNS / mark):
            (hidden / locks.RUNS / mark).unlink(missing_ok=True)
    for name in _names(hidden / locks.RUNS):
        path = hidden / locks.RUNS / name
        if name.endswith((locks.STOP, locks.PART)) and not path.with_suffix("").exists():
            if name.endswith(locks.STOP):
                path.unlink(missing_ok=True)
            else:
                locks.clear_part(path)
    for name in {*_names(hidden / locks.LOCKS), *_names(hidden / locks.WORK)}:
        path = hidden / locks.LOCKS / name
        if (lock := locks.take(path)) is not None:
            try:
                clear(parent / name)
            finally:
                locks.give_back(path, lock)
    locks.tidy(hidden)
    return not hidden.exists()


def _names(place: Path) -> list[str]:
    try:
        return [] if place.is_symlink() else os.listdir(place)
    except (FileNotFoundError, NotADirectoryError):
        return []


def clear(folder: Path) -> None:
    """Empty the place where a folder's contents are made, and put back what a kill left there of the old."""
    work = work_folder(folder)
    if not work.is_dir():
        return
    old = work / OLD
    if old.is_dir() and not old.is_symlink():
        if folder.exists():
            _return_foreign(old, folder)
        else:  # killed between the two renames that stand for a swap
            os.rename(old, folder)
    _return_foreign(work / NEW, folder)
    shutil.rmtree(work)


def fresh(folder: Path) -> Path:
    """An empty place for a folder's next contents."""
    clear(folder)
    work = work_folder(folder)
    locks.make_folder(work)
    return work


def publish(folder: Path, work: Path, record: dict[str, Any], keep: Iterable[str] = ()) -> None:
    """Put what was made in ``work/new`` into the place of ``folder``, whole, in one step.

    Parameters
    ----------
    folder, work : the run's folder and the place where its next contents were made.
    record : what ``run.json`` says; the hashes of the files beside it (``files``) are added to it here.
    keep : files of what stands that stay, by their place (of a last good run, beside a failure).
    """
    if folder.exists() and not folder.is_dir():
        raise OSError(errno.ENOTDIR, "a file stands where the folder of a run should be", str(folder))
    new = work / NEW
    new.mkdir(exist_ok=True)
    for name in keep:
        (new / name).parent.mkdir(exist_ok=True)
        _same_file(folder / name, new / name)
    record["files"] = hashes(new)
    text = json.dumps(record, indent=1, ensure_ascii=not _is_unicode(record))
    (new / RECORD).write_text(text + "\n", encoding="utf-8")
    _settle(new)
    swap(new, folder, work / OLD)
    clear(folder)


def _is_unicode(record: Mapping[str, Any]) -> bool:
    """Whether a record's texts can be written as they are: a file's name may hold bytes that are no text."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _same_file(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without them
        shutil.copy2(source, target)


def _settle(folder: Path) -> None:
    """Have the system write a folder down, so that it is there after a power failure too."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_file() or path.is_dir():
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            except OSError as error:
                if error.errno not in _CANNOT:
                    raise
            finally:
                os.close(descriptor)


def swap(new: Path, folder: Path, old: Path) -> None:
    """Put ``new`` where ``folder`` is, and what was there where ``new`` was (``old`` if in two steps)."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(folder):
        os.rename(new, folder)
    elif not _exchange(new, folder):
        os.rename(folder, old)
        os.rename(new, folder)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system or the file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _return_foreign(old: Path, folder: Path) -> None:
    """Put what a user laid into a run's folder into the one that took its place."""
    if old.is_symlink() or not old.is_dir() or not folder.is_dir():
        return
    for path in old.iterdir():
        if path.name not in OURS and not os.path.lexists(folder / path.name):
            os.rename(path, folder / path.name)


def write(path: Path, text: str) -> None:
    """Write one file beside others (an index, a table) in one step; its writers take turns (`held`)."""
    work = fresh(path)
    try:
        made = work / path.name
        made.write_text(text, encoding="utf-8", errors="backslashreplace")  # names may hold bytes of no text
        _settle(work)
        os.replace(made, path)
    finally:
        clear(path)
