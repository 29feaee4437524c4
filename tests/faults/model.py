# SPDX-License-Identifier: MIT
"""What a power cut may leave: the recorded changes of one run, in every order that is allowed.

A change of names (made, renamed, exchanged, removed) is certain once each folder that it touches has
been flushed after it; bytes and attributes of a file once that file has. Whatever is not certain may
be there or not, each independently of the others: names all or nothing for one call, attributes up to
any one, bytes none, all, up to any write, half of a write, or zeros in their place.
"""
import itertools
import os
import stat

from place import Entry, Wrong, check

NAMES_MOST = 10    # uncertain changes of names of which all subsets are taken
STATES_MOST = 4096  # contents of files, of which all combinations are taken
IGNORED = {"lseek", "read", "pread64", "close", "fcntl", "flock", "newfstatat", "statx",
           "faccessat", "readlinkat", "getdents64", "mmap", "access", "readlink",
           "flistxattr", "fgetxattr"}
AT_FDCWD = 2 ** 32 - 100


class Node:
    """A file or folder, before anything of the recording."""

    def __init__(self, entry):
        self.entry = entry
        self.steps = []  # (position, "data" or "meta", function of Entry to Entry)
        self.flushed = []  # positions


class Change:
    """Of names, by one call: {(folder, name): node or None}."""

    def __init__(self, position, names):
        self.position, self.names = position, names


class Recording:
    """Of one run, or of one that was killed and the run after it: `runs` are lists of calls."""

    def __init__(self, tree, runs, root, here):
        self.root, self.here = root, here
        self.top = Node(Entry(stat.S_IFDIR | 0o755, 0, 0, None, ()))
        self.names = {self.top: {}}  # as they are now
        self.changes = []
        self.nodes = [self.top]
        for name in sorted(tree):
            folder, last = self._find(name)
            self.names[folder][last] = self._node(tree[name])
        self.before = {f: dict(n) for f, n in self.names.items()}
        self.position = 0
        for calls in runs:
            self.begin, self.files = self.position, {}  # where the last of them begins
            for call in calls:
                self._take(call)
        self.length = self.position

    def _node(self, entry):
        node = Node(entry)
        self.nodes.append(node)
        if entry.data is None:
            self.names[node] = {}
        return node

    def _find(self, name):
        """The folder's node and the last part of a path below the root."""
        folder = self.top
        parts = [part for part in name.split("/") if part]
        for part in parts[:-1]:
            folder = self.names[folder][part]
        return folder, parts[-1]

    def _place(self, dirfd, path):
        if path.startswith(self.root + "/"):
            return self._find(path[len(self.root) + 1:])
        if not path.startswith("/") and dirfd & 0xffffffff != AT_FDCWD and dirfd in self.files:
            return self.files[dirfd][0], path
        check(path.startswith("/"), "a path that the model cannot follow:", path)
        return None

    # --- what a call does ---

    def _take(self, call):
        action = getattr(self, "_" + call.name, None)
        if call.name in IGNORED:
            if call.name == "close":
                self.files.pop(call.args[0], None)
            return
        if call.result < 0 or call.name.startswith("call-"):
            return
        if action is None:
            texts = any(t.startswith(self.root) for t in call.texts)
            check(not texts and call.args[0] not in self.files, "the model does not know",
                  call.name)
            return
        action(call)

    def _change(self, names):
        self.position += 1
        self.changes.append(Change(self.position, names))
        for (folder, name), node in names.items():
            if node is None:
                self.names[folder].pop(name, None)
            else:
                self.names[folder][name] = node

    def _step(self, node, kind, function):
        self.position += 1
        node.steps.append((self.position, kind, function))

    def _opened(self, call, dirfd, path, flags, mode):
        place = self._place(dirfd, path)
        if place is None:
            return
        folder, name = place
        node = self.names[folder].get(name)
        if node is None:
            check(flags & os.O_CREAT, "opened what the model has not:", path)
            node = self._node(Entry(stat.S_IFREG | mode & 0o755, os.geteuid(), os.getegid(), b"",
                                    ()))
            self._change({(folder, name): node})
        elif flags & os.O_TRUNC:
            self._step(node, "data", lambda e: e._replace(data=b""))
        self.files[call.result] = [node, 0, bool(flags & os.O_APPEND)]

    def _openat(self, call):
        self._opened(call, call.args[0], call.texts[0], call.args[2], call.args[3])

    def _openat2(self, call):  # the applier opens nothing for writing by it
        self._opened(call, call.args[0], call.texts[0], 0, 0)

    def _write(self, call):
        if call.args[0] not in self.files:
            return
        file = self.files[call.args[0]]
        data = call.data[:call.result]
        check(len(data) == call.result, "a write longer than the tracer keeps")
        at = len(self._now(file[0]).data) if file[2] else file[1]
        file[1] = at + len(data)

        def written(entry, data=data, at=at):
            old = entry.data
            return entry._replace(data=old[:at].ljust(at, b"\0") + data + old[at + len(data):])
        self._step(file[0], "data", written)

    def _now(self, node):
        entry = node.entry
        for _, _, function in node.steps:
            entry = function(entry)
        return entry

    def _flush(self, call):
        if call.args[0] in self.files:
            self.position += 1
            self.files[call.args[0]][0].flushed.append(self.position)
    _fsync = _flush
    _fdatasync = _flush

    def _fchmod(self, call):
        if call.args[0] in self.files:
            mode = call.args[1]
            self._step(self.files[call.args[0]][0], "meta",
                       lambda e: e._replace(mode=stat.S_IFMT(e.mode) | mode))

    def _chmod(self, call):
        place = self._place(AT_FDCWD, call.texts[0])
        if place:
            mode = call.args[1]
            self._step(self.names[place[0]][place[1]], "meta",
                       lambda e: e._replace(mode=stat.S_IFMT(e.mode) | mode))

    def _fchown(self, call):
        if call.args[0] in self.files:
            uid, gid = call.args[1], call.args[2]
            self._step(self.files[call.args[0]][0], "meta", lambda e: e._replace(uid=uid, gid=gid))

    def _fsetxattr(self, call):
        if call.args[0] in self.files:
            name, value = call.texts[0], call.data
            self._step(self.files[call.args[0]][0], "meta", lambda e: e._replace(
                xattrs=tuple(sorted(dict(e.xattrs, **{name: value}).items()))))

    def _fremovexattr(self, call):
        if call.args[0] in self.files:
            name = call.texts[0]
            self._step(self.files[call.args[0]][0], "meta", lambda e: e._replace(
                xattrs=tuple(x for x in e.xattrs if x[0] != name)))

    def _mkdir(self, call):
        place = self._place(AT_FDCWD, call.texts[0])
        if place:
            self._change({place: self._node(Entry(stat.S_IFDIR | call.args[1] & 0o755, os.geteuid(),
                                                  os.getegid(), None, ()))})

    def _unlink(self, call):
        place = self._place(AT_FDCWD, call.texts[0])
        if place:
            self._change({place: None})

    def _unlinkat(self, call):
        place = self._place(call.args[0], call.texts[0])
        if place:
            self._change({place: None})

    def _renamed(self, old, new, flags):
        check((old is None) == (new is None), "a rename to or from elsewhere")
        if old is None:
            return
        node = self.names[old[0]][old[1]]
        exchange = self.names[new[0]][new[1]] if flags & 2 else None
        self._change({old: exchange, new: node})

    def _rename(self, call):
        self._renamed(self._place(AT_FDCWD, call.texts[0]), self._place(AT_FDCWD, call.texts[1]), 0)

    def _renameat2(self, call):
        self._renamed(self._place(call.args[0], call.texts[0]),
                      self._place(call.args[2], call.texts[1]), call.args[4])

    def _renameat(self, call):
        self._renamed(self._place(call.args[0], call.texts[0]),
                      self._place(call.args[2], call.texts[1]), 0)

    def _link(self, call):
        old, new = (self._place(AT_FDCWD, t) for t in call.texts[:2])
        if old:
            self._change({new: self.names[old[0]][old[1]]})

    # --- what is left ---

    def end(self):
        """The tree after all of it, to compare with what is really there."""
        return self._tree(self.changes, {node: self._now(node) for node in self.nodes})

    def cuts(self):
        """(moment, tree) of each allowed outcome of a cut after each change or flush."""
        for moment in range(self.begin, self.length + 1):
            for tree in self.at(moment):
                yield moment, tree

    def at(self, moment):
        certain, uncertain = [], []
        for change in self.changes:
            if change.position <= moment:
                folders = {folder for folder, _ in change.names}
                flushed = all(any(change.position < f <= moment for f in folder.flushed)
                              for folder in folders)
                (certain if flushed else uncertain).append(change)
        for some in subsets(uncertain):
            kept = sorted(certain + list(some), key=lambda c: c.position)
            yield from self._with_contents(moment, kept)

    def _with_contents(self, moment, kept):
        nodes = self._reached(kept)
        choices = [self._variants(node, moment) for node in nodes]
        total = 1
        for found in choices:
            total *= len(found)
        if total > STATES_MOST:
            raise Wrong("%d contents at one moment: more than the model enumerates" % total)
        for chosen in itertools.product(*choices):
            yield self._tree(kept, dict(zip(nodes, chosen)))

    def _names_after(self, kept):
        names = {folder: dict(found) for folder, found in self.before.items()}
        for change in kept:
            for (folder, name), node in change.names.items():
                names.setdefault(folder, {})[name] = node
        return names

    def _walk(self, names, folder, prefix):
        for name, node in sorted(names.get(folder, {}).items()):
            if node is not None:
                yield prefix + name, node
                if node.entry.data is None:
                    yield from self._walk(names, node, prefix + name + "/")

    def _reached(self, kept):
        found = []
        for _, node in self._walk(self._names_after(kept), self.top, ""):
            if node not in found:
                found.append(node)
        return found

    def _tree(self, kept, entries):
        tree = {}
        for name, node in self._walk(self._names_after(kept), self.top, ""):
            data = entries[node].data
            tree[name] = entries[node] if data is None else entries[node]._replace(
                data=data.replace(self.root.encode(), self.here))
        return tree

    def _variants(self, node, moment):
        """Every entry that the file may have then."""
        flushed = max([f for f in node.flushed if f <= moment], default=0)
        base, data, meta = node.entry, [], []
        for position, kind, function in node.steps:
            if position < flushed:
                base = function(base)
            elif position <= moment:
                (data if kind == "data" else meta).append(function)
        found = {}
        for body in contents(base, data):
            entry = base._replace(data=body)
            found[entry] = None
            for function in meta:
                entry = function(entry)
                found[entry] = None
        return list(found)


def contents(base, steps):
    """The bytes that a file may hold whose last writes were not flushed."""
    found = [base.data]
    entry = base
    for step in steps:
        after = step(entry)
        old, new = entry.data, after.data
        if len(new) > len(old):
            more = len(new) - len(old)
            found.append(new[:len(old) + more // 2])
            found.append(old + b"\0" * more)
        found.append(new)
        entry = after
    return list(dict.fromkeys(found))


def subsets(changes):
    if len(changes) > NAMES_MOST:
        raise Wrong("%d uncertain names at one moment: more than the model enumerates"
                    % len(changes))
    for size in range(len(changes) + 1):
        yield from itertools.combinations(changes, size)
