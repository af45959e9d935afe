"""Reads `.isard` snapshots (format version 1, described in src/snapshot.rs) into numpy arrays.

Only what a solver needs: flows Z by rows, output x, final demand Y, exports, emissions, names. Checksums are not
looked at: `isard audit FILE` does that. The large arrays are either mapped (`array`) or streamed into place
(`leontief_rows`, `leontief_dense`), so that no peer is charged for a second copy of the table.
"""

import struct

import numpy as np

MAGIC = b"\x89ISARD\r\n"
KINDS = ("<f8", "<u4", "<u8")
CHUNK = 1 << 22  # entries handled at once while streaming


class _Words:
    """The header: bincode with fixed-width little-endian numbers, 64-bit lengths, 32-bit variants, 8-bit options."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def text(self):
        length = self.number("Q")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def many(self, item):
        return [item() for _ in range(self.number("Q"))]

    def maybe(self, item):
        return item() if self.number("B") else None

    def name(self):
        """As given, in English, in Chinese."""
        return (self.text(), self.text(), self.text())

    def pair(self):
        return (self.text(), self.text())

    def remark(self):
        self.number("B")
        self.text()
        for item in ("region", "sector"):
            self.maybe(self.text)
        for code in "QQdd":
            self.maybe(lambda: self.number(code))
        return self.text()

    def section(self):
        name, kind = self.text(), KINDS[self.number("I")]
        shape = tuple(self.many(lambda: self.number("Q")))
        offset, length = self.number("Q"), self.number("Q")
        checksums = self.number("Q")
        self.at += 4 * checksums
        if int(np.prod(shape)) * np.dtype(kind).itemsize != length:
            raise ValueError(f"section {name}: {length} bytes do not fit the shape {shape}")
        return name, (kind, shape, offset)


class Snapshot:
    """A table of n rows in R regions (contiguous row ranges `offsets`) with D demand columns (`demand_offsets`)."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            prelude = file.read(64)
            if prelude[:8] != MAGIC:
                raise ValueError(f"{path} is not a snapshot of isard")
            (version,) = struct.unpack_from("<I", prelude, 8)
            if version != 1:
                raise ValueError(f"{path}: format version {version}, and this reader knows version 1 only")
            _, start, length = struct.unpack_from("<QQQ", prelude, 16)
            file.seek(start)
            words = _Words(file.read(length))
        self.writer = words.text()
        self.names = words.many(words.name)
        self.regions = [name[0] for name in words.many(words.name)]
        self.offsets = words.many(lambda: words.number("Q"))
        self.demand_offsets = words.many(lambda: words.number("Q"))
        self.unit = words.text()
        self.value_added = [name[0] for name in words.many(words.name)]
        self.stressors = words.many(words.pair)
        words.many(words.pair)  # files, then sheet and notes
        words.maybe(words.text)
        words.many(words.text)
        self.stamp = words.maybe(words.text)
        words.many(words.remark)
        self.sections = dict(words.many(words.section))
        if words.at != len(words.data):
            raise ValueError(f"{path}: the header has {len(words.data)} bytes, {words.at} were understood")
        self.n = self.offsets[-1]
        self.nnz = self.sections["z.data"][1][0]

    def array(self, name):
        """A section, mapped; `None` where the table has none of this name."""
        if name not in self.sections:
            return None
        kind, shape, offset = self.sections[name]
        if 0 in shape:
            return np.zeros(shape, kind)
        return np.memmap(self.path, kind, "r", offset, shape)

    def copied(self, name, start, stop, dtype=None):
        """Elements start..stop of a flat section, read into memory of their own; mapped pages would count as used."""
        kind, _, offset = self.sections[name]
        dtype = np.dtype(dtype or kind)
        return np.fromfile(self.path, dtype, stop - start, offset=offset + start * dtype.itemsize)

    def z(self):
        """Z as a scipy CSR matrix on the mapped arrays."""
        from scipy.sparse import csr_matrix

        indptr = np.asarray(self.array("z.indptr")).astype(_index(self.nnz))
        # 32-bit columns are below 2^31 here, so the signed type that scipy wants reads the same bytes.
        indices = self.array("z.indices").view("<i4") if self.nnz < 2**31 else self.array("z.indices")
        return csr_matrix((self.array("z.data"), indices, indptr), shape=(self.n, self.n), copy=False)

    def sector_names(self):
        return [self.names[k][0] for k in self.array("labels.sectors")]

    def demand_by_region(self, regions):
        """Final demand of the first `regions` regions, summed over their categories (n x regions)."""
        at, out = self.demand_offsets, np.empty((self.n, regions))
        for first, y in self.demand_rows():
            for r in range(regions):
                out[first : first + len(y), r] = y[:, at[r] : at[r + 1]].sum(axis=1)
        return out

    def demand_rows(self):
        """Y a few rows at a time, each with the number of its first row: mapped pages would count as used."""
        width = self.demand_offsets[-1]
        step = max(1, CHUNK // max(1, width))
        for first in range(0, self.n, step):
            last = min(first + step, self.n)
            yield first, self.copied("y", first * width, last * width).reshape(last - first, width)

    def right_hand_sides(self, columns):
        """One column: all final demand and exports. K columns: final demand of the first K regions."""
        if columns == 1:
            total, exports = np.concatenate([y.sum(axis=1) for _, y in self.demand_rows()]), self.array("exports")
            return (total if exports is None else total + exports).reshape(-1, 1)
        if columns > len(self.regions):
            raise ValueError(f"{columns} columns asked for, and the table has {len(self.regions)} regions")
        return self.demand_by_region(columns)

    def divisors(self):
        """x, infinite where it is 0: such a column of A is empty."""
        x = np.array(self.array("x"))
        x[x == 0] = np.inf
        return x

    def coefficients(self, first=0, last=None):
        """Rows first..last of A = Z / x as CSR arrays (indptr, indices, data) of their own, built in place."""
        last = self.n if last is None else last
        pointer = self.copied("z.indptr", first, last + 1, "<i8")
        start, stop = int(pointer[0]), int(pointer[-1])
        indptr = (pointer - start).astype(_index(stop - start))
        indices, data = self.copied("z.indices", start, stop, "<i4"), self.copied("z.data", start, stop)
        x = self.divisors()
        for at in range(0, len(data), CHUNK):
            data[at : at + CHUNK] /= x[indices[at : at + CHUNK]]
        return indptr, indices, data

    def leontief_rows(self, first=0, last=None):
        """Rows first..last of I - A as CSR arrays; a diagonal entry that is not stored is put in, in order."""
        indptr, indices, data = self.coefficients(first, last)
        diagonal = np.full(len(indptr) - 1, -1, "i8")
        for a, b in _row_chunks(indptr):
            s, e = indptr[a], indptr[b]
            row = np.repeat(np.arange(a, b), np.diff(indptr[a : b + 1]))
            hit = np.flatnonzero(indices[s:e] == row + first)
            diagonal[row[hit]] = hit + s
        np.negative(data, out=data)
        data[diagonal[diagonal >= 0]] += 1.0
        missing = np.flatnonzero(diagonal < 0)
        if len(missing):
            where = [indptr[i] + np.searchsorted(indices[indptr[i] : indptr[i + 1]], i + first) for i in missing]
            indices, data = np.insert(indices, where, missing + first), np.insert(data, where, 1.0)
            added = np.concatenate([[0], np.cumsum(diagonal < 0)])
            indptr = (indptr + added).astype(_index(len(data)))
        return indptr, indices, data

    def leontief_csr(self):
        """I - A as a scipy CSR matrix."""
        from scipy.sparse import csr_matrix

        indptr, indices, data = self.leontief_rows()
        return csr_matrix((data, indices, indptr), shape=(self.n, self.n), copy=False)

    def coefficients_dense(self):
        """A as a dense array, row-major, filled a few rows at a time."""
        a = np.zeros((self.n, self.n))
        pointer = self.copied("z.indptr", 0, self.n + 1, "<i8")
        for first, last in _row_chunks(pointer):
            indptr, indices, data = self.coefficients(first, last)
            a[np.repeat(np.arange(first, last), np.diff(indptr)), indices] = data
        return a

    def leontief_dense(self):
        """I - A as a dense array, row-major."""
        a = self.coefficients_dense()
        np.negative(a, out=a)
        a.flat[:: self.n + 1] += 1.0
        return a


def _index(length):
    return "<i4" if length < 2**31 else "<i8"


def _row_chunks(indptr):
    """Ranges of rows that hold about CHUNK entries each."""
    first, rows = 0, len(indptr) - 1
    while first < rows:
        last = int(np.searchsorted(indptr, indptr[first] + CHUNK, "right")) - 1
        last = min(max(last, first + 1), rows)
        yield first, last
        first = last
